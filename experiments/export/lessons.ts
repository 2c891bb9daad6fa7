/** What each model of a run was taught, and what came of it: a fold over the journal. */
import { type Buffer, emptyBuffer, foldBuffer } from "../../machines/buffer.ts";
import type { TrainingExample } from "../../machines/job.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message, MessageOf } from "../../runtime/messages.ts";

/** Who wrote an admitted solution. */
export interface Origin {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  /** Version of the author's adapter: 0 is its base model. */
  readonly adapter: number;
}

export interface Lesson {
  readonly solution: string;
  readonly example: TrainingExample;
  readonly origin: Origin;
  /** Versions that were trained on it; none where it was still waiting. */
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
  readonly lessons: readonly Lesson[];
  readonly versions: readonly TrainedVersion[];
  /** Version the model spoke with when the journal ended. */
  readonly inForce: number;
}

const isOutcome = (message: Message): message is Outcome =>
  ["adapter.published", "adapter.rejected", "training.failed"].includes(message.type);

const originsOf = (records: readonly Message[]): ReadonlyMap<string, Origin> =>
  new Map(
    records.flatMap((record) => {
      if (record.type !== "question.settled") return [];
      const { question, round, solutions } = record.dossier;
      return solutions.map(({ solution, author, adapter }): [string, Origin] => [
        solution,
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

const lessonsOf = (
  buffer: Buffer,
  origins: ReadonlyMap<string, Origin>,
  versions: readonly TrainedVersion[],
): Lesson[] => {
  const taught = versions.flatMap(({ requested }) => requested.samples);
  return [...new Set([...taught, ...buffer.waiting])].flatMap((solution) => {
    const [example, origin] = [buffer.examples.get(solution), origins.get(solution)];
    if (example === undefined || origin === undefined) return [];
    const taughtTo = versions.filter(({ requested }) => requested.samples.includes(solution));
    return [{ solution, example, origin, versions: taughtTo.map(({ requested }) => requested.version) }];
  });
};

/** One curriculum for each of the configuration's models; lessons in the order they were first taught in. */
export const curriculaOf = (records: readonly Message[], config: Config): Curriculum[] => {
  const buffer = records.reduce(foldBuffer(config), { ...emptyBuffer, examples: new Map() });
  const origins = originsOf(records);
  return config.models.map(({ name }) => {
    const versions = versionsOf(records, name);
    const lessons = lessonsOf(buffer, origins, versions);
    return { model: name, lessons, versions, inForce: buffer.serving[name] ?? 0 };
  });
};
