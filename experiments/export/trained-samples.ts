/** The training samples and the adapter versions of each model: a fold over the journal. */
import { type Buffer, emptyBuffer, foldBuffer } from "../../machines/folds/buffer.ts";
import type { SolverExample, TrainingExample } from "../../machines/folds/example.ts";
import type { Rehearsed } from "../../machines/folds/rehearsal.ts";
import { versionOf } from "../../machines/folds/weights.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message, MessageOf } from "../../runtime/messages.ts";

/** Where a sample comes from. */
export interface Origin {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  /** Version of the author's adapter: 0 is its base model. */
  readonly adapter: number;
}

export interface TrainedSample {
  /** Id of the admitted solution, or of the verdict, ballot or explanation that was rehearsed. */
  readonly sample: string;
  readonly example: TrainingExample;
  readonly origin: Origin;
  /** Versions that were trained on it; empty while it waits. */
  readonly versions: readonly number[];
}

type Requested = MessageOf<"training.requested">;
type Outcome = MessageOf<"adapter.published" | "adapter.rejected" | "training.failed">;

export interface TrainedVersion {
  readonly requested: Requested;
  readonly outcome: Outcome | undefined;
  readonly withdrawn: MessageOf<"adapter.withdrawn"> | undefined;
}

export interface Curriculum {
  readonly model: string;
  readonly samples: readonly TrainedSample[];
  readonly versions: readonly TrainedVersion[];
  /** Version in force at the end of the journal. */
  readonly inForce: number;
}

const isOutcome = (message: Message): message is Outcome =>
  ["adapter.published", "adapter.rejected", "training.failed"].includes(message.type);

const originsOf = (records: readonly Message[]): ReadonlyMap<string, Origin> =>
  new Map(
    records.flatMap((record) => {
      if (record.type !== "question.settled") return [];
      const { question, round, solutions } = record.dossier;
      return solutions.map(({ solutionId, author, adapter }): [string, Origin] => [
        solutionId,
        { question, round, author, adapter },
      ]);
    }),
  );

const versionsOf = (records: readonly Message[], model: string): TrainedVersion[] =>
  records.flatMap((requested) => {
    if (requested.type !== "training.requested" || requested.model !== model) return [];
    const { job, version } = requested;
    const outcome = records.filter(isOutcome).find((ended) => ended.job === job);
    const withdrawn = records.find(
      (record): record is MessageOf<"adapter.withdrawn"> =>
        record.type === "adapter.withdrawn" && record.model === model && record.version === version,
    );
    return [{ requested, outcome, withdrawn }];
  });

type Source = Pick<TrainedSample, "example" | "origin">;

/** Every solution that a job trained on or that waits, and every text that a job rehearsed. */
const sourcesOf = (
  examples: Buffer["examples"],
  rehearsed: readonly Rehearsed[],
  origins: ReadonlyMap<string, Origin>,
): ReadonlyMap<string, Source> => {
  const solutions = [...examples].flatMap(([id, example]): [string, Source][] => {
    const origin = origins.get(id);
    return origin === undefined ? [] : [[id, { example, origin }]];
  });
  const others = rehearsed.map(({ id, example, round, author, adapter }): [string, Source] => [
    id,
    { example, origin: { question: example.question, round, author, adapter } },
  ]);
  return new Map([...solutions, ...others]);
};

const taughtBy = ({ samples, rehearsal = [] }: Requested): string[] => [...samples, ...rehearsal];

const lessonsOf = (
  waiting: readonly string[],
  sources: ReadonlyMap<string, Source>,
  versions: readonly TrainedVersion[],
): TrainedSample[] => {
  const taught = versions.flatMap(({ requested }) => taughtBy(requested));
  return [...new Set([...taught, ...waiting])].flatMap((sample) => {
    const source = sources.get(sample);
    if (source === undefined) return [];
    const taughtTo = versions.filter(({ requested }) => taughtBy(requested).includes(sample));
    return [{ sample, ...source, versions: taughtTo.map(({ requested }) => requested.version) }];
  });
};

/** The buffer at the end of a journal, and what its jobs trained on and rehearsed, which the buffer drops later. */
const foldedFrom = (records: readonly Message[], config: Config) => {
  const fold = foldBuffer(config);
  const rehearsed: Rehearsed[] = [];
  const examples = new Map<string, SolverExample>();
  const keep = (solutionId: string): void => {
    const example = buffer.examples.get(solutionId);
    if (example) examples.set(solutionId, example);
  };
  let buffer: Buffer = { ...emptyBuffer, examples: new Map() };
  for (const record of records) {
    buffer = fold(buffer, record);
    if (record.type !== "training.requested") continue;
    record.samples.forEach(keep);
    rehearsed.push(...(buffer.rehearsed[record.job] ?? []));
  }
  for (const { solutionId } of buffer.waiting) keep(solutionId);
  return { buffer, examples, rehearsed };
};

/** One curriculum for each model of the configuration; samples in the order of their first training. */
export const curriculaOf = (records: readonly Message[], config: Config): Curriculum[] => {
  const { buffer, examples, rehearsed } = foldedFrom(records, config);
  const sources = sourcesOf(examples, rehearsed, originsOf(records));
  return config.models.map(({ name }) => {
    const versions = versionsOf(records, name);
    const waiting = buffer.waiting.map(({ solutionId }) => solutionId);
    const samples = lessonsOf(waiting, sources, versions);
    return { model: name, samples, versions, inForce: versionOf(buffer.weights, name) };
  });
};
