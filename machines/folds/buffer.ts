/** The high-quality buffer B_hq and the versions trained from it: a fold over the durable messages. */
import type { Message, MessageOf } from "../../runtime/messages.ts";
import { chanceOf } from "../random.ts";
import type { Settings } from "../settings.ts";
import type { SolverExample, TrainingExample } from "./example.ts";
import type { Reading } from "./gate.ts";
import { emptyRehearsal, namedIn, type Rehearsal, type Rehearsed, withSettledTexts } from "./rehearsal.ts";
import {
  type ByVersion,
  baseWeights,
  foldWeights,
  servedName,
  versionOf,
  type Weights,
  withoutVersion,
  withVersion,
} from "./weights.ts";

/** An admitted solution that no job has used yet. */
export interface Waiting {
  readonly solutionId: string;
  readonly author: string;
}

export interface Buffer {
  /** Admitted solutions that wait or that jobs of the newest generation train on, by id: jobs name their samples so. */
  readonly examples: ReadonlyMap<string, SolverExample>;
  /** Oldest first, at most `mostWaiting`. */
  readonly waiting: readonly Waiting[];
  /** Samples of earlier jobs that the next ones train on again, oldest first; none with `loraSamples: new`. */
  readonly spent: readonly Waiting[];
  /** The newest round that has opened, and its questions without an outcome. */
  readonly opened: number;
  readonly unsettled: number;
  /** Texts of the other roles that a job can train on; `rehearsed`: those of each running job. */
  readonly rehearsal: Rehearsal;
  readonly rehearsed: Readonly<Record<string, readonly Rehearsed[]>>;
  /** The newest round in which a question has settled. */
  readonly round: number;
  readonly generation: number;
  /** Jobs requested and not ended, by id. */
  readonly jobs: Readonly<Record<string, MessageOf<"training.requested">>>;
  /** Newest requested version, by model: a version number is never used twice. */
  readonly versions: Readonly<Record<string, number>>;
  readonly weights: Weights;
  readonly failures: Readonly<Record<string, number>>;
  /** Finished version that the gate could not measure, by model: the next job continues from it. */
  readonly kept: Readonly<Record<string, number>>;
  /** Newest readings on the anchor. */
  readonly standards: ByVersion<Reading>;
  /** Version that was replaced by each published version. */
  readonly replaced: ByVersion<number>;
  /** What an operator wants and has not got yet, by `model@version`: that it is withdrawn, or not published. */
  readonly orders: Readonly<Record<string, Order>>;
}

export interface Order {
  readonly operator: string;
  readonly version: number;
}

export const emptyBuffer: Buffer = {
  examples: new Map(),
  waiting: [],
  spent: [],
  opened: 0,
  unsettled: 0,
  rehearsal: emptyRehearsal,
  rehearsed: {},
  round: 0,
  generation: 0,
  jobs: {},
  versions: {},
  weights: baseWeights,
  failures: {},
  kept: {},
  standards: {},
  replaced: {},
  orders: {},
};

const jobOf = ({ jobs }: Buffer, model: string): MessageOf<"training.requested"> | undefined =>
  Object.values(jobs).find((job) => job.model === model);

/** Without a version to which it applies, an order changes nothing. */
const withOrder = (
  buffer: Buffer,
  { model, operator }: MessageOf<"operator.rejected" | "operator.withdrew">,
  version: number | undefined,
): Buffer =>
  version === undefined || version === 0
    ? buffer
    : { ...buffer, orders: { ...buffer.orders, [servedName(model, version)]: { operator, version } } };

const withoutOrder = (buffer: Buffer, model: string, version: number): Buffer => {
  const { [servedName(model, version)]: _carriedOut, ...orders } = buffer.orders;
  return { ...buffer, orders };
};

/** A share of the samples keeps its few-shot context, so that training does not unlearn the use of examples. */
export const keepsContext = (solutionId: string, { seed, contextShare }: Settings): boolean =>
  chanceOf(seed, "context", solutionId) < contextShare;

/** Jobs take the newest samples: where more are admitted than they train on, older ones would pile up and never be taken. */
const waitingThresholds = 32;

/** Samples that wait at most; a round's are all used (`trainAfter: round`). */
export const mostWaiting = ({ trainAfter, bufferThreshold }: Settings): number =>
  trainAfter === "samples" ? waitingThresholds * bufferThreshold : Number.POSITIVE_INFINITY;

const isTrainedOn = ({ jobs }: Buffer, solutionId: string): boolean =>
  Object.values(jobs).some(({ samples }) => samples.includes(solutionId));

const withSettled = (buffer: Buffer, event: MessageOf<"question.settled">, settings: Settings): Buffer => {
  const { dossier, admissions } = event;
  const fresh = admissions.filter(({ admitted }) => admitted);
  const round = Math.max(buffer.round, dossier.round);
  if (fresh.length === 0) return { ...buffer, round };
  const examples = buffer.examples as Map<string, SolverExample>;
  for (const { solutionId } of fresh) {
    const found = dossier.solutions.find((offered) => offered.solutionId === solutionId);
    if (found === undefined) continue;
    const context = keepsContext(solutionId, settings) ? found.examples : "";
    examples.set(solutionId, {
      role: "solver",
      question: dossier.question,
      text: dossier.text,
      response: found.text,
      examples: context,
    });
  }
  const all = [...buffer.waiting, ...fresh.map(({ solutionId, author }) => ({ solutionId, author }))];
  const waiting = all.slice(-mostWaiting(settings));
  for (const { solutionId } of all.slice(0, all.length - waiting.length))
    if (!isTrainedOn(buffer, solutionId)) examples.delete(solutionId);
  return { ...buffer, examples, waiting, round };
};

/** A question of an earlier round may still have its outcome late. */
const withOutcome = (buffer: Buffer, round: number): Buffer =>
  round === buffer.opened ? { ...buffer, unsettled: Math.max(0, buffer.unsettled - 1) } : buffer;

/** A new generation needs what waits or is trained on again; the rest is needed only by jobs that still run. */
const forget = ({ examples, waiting, spent, jobs }: Buffer): void => {
  const needed = new Set([...waiting, ...spent].map(({ solutionId }) => solutionId));
  for (const { samples } of Object.values(jobs)) for (const solutionId of samples) needed.add(solutionId);
  for (const solutionId of examples.keys())
    if (!needed.has(solutionId)) (examples as Map<string, SolverExample>).delete(solutionId);
};

const withRequested = (
  buffer: Buffer,
  event: MessageOf<"training.requested">,
  { loraSamples }: Settings,
): Buffer => {
  if (event.generation > buffer.generation) forget(buffer);
  const ids = new Set(event.samples);
  const used = buffer.waiting.filter(({ solutionId }) => ids.has(solutionId));
  return {
    ...buffer,
    generation: Math.max(buffer.generation, event.generation),
    jobs: { ...buffer.jobs, [event.job]: event },
    rehearsed: { ...buffer.rehearsed, [event.job]: namedIn(buffer.rehearsal, event.rehearsal ?? []) },
    versions: { ...buffer.versions, [event.model]: event.version },
    waiting: buffer.waiting.filter(({ solutionId }) => !ids.has(solutionId)),
    spent: loraSamples === "all" ? [...buffer.spent, ...used] : buffer.spent,
  };
};

const withoutJob = (buffer: Buffer, job: string): Buffer => {
  const { [job]: _ended, ...jobs } = buffer.jobs;
  const { [job]: _spent, ...rehearsed } = buffer.rehearsed;
  return { ...buffer, jobs, rehearsed };
};

/** A job has ended without a version that is published. */
const withoutCandidate = (
  buffer: Buffer,
  { job, model, version }: MessageOf<"adapter.rejected" | "training.failed">,
): Buffer => {
  const ended = withoutOrder(withoutJob(buffer, job), model, version);
  return { ...ended, standards: withoutVersion(ended.standards, model, version) };
};

/** `version`: the one that the next job continues from; undefined removes it. */
const withKept = (buffer: Buffer, model: string, version: number | undefined): Buffer => {
  const { [model]: _before, ...others } = buffer.kept;
  return { ...buffer, kept: version === undefined ? others : { ...others, [model]: version } };
};

const withFailed = (buffer: Buffer, event: MessageOf<"training.failed">): Buffer => {
  const { model, version, folder } = event;
  const failures = { ...buffer.failures, [model]: (buffer.failures[model] ?? 0) + 1 };
  const ended = { ...withoutCandidate(buffer, event), failures };
  return folder === undefined ? ended : withKept(ended, model, version);
};

/** A job whose weights were measured did not fail, whatever the gate thinks of them. */
const withRejected = (buffer: Buffer, event: MessageOf<"adapter.rejected">): Buffer => {
  const { model, after } = event;
  const ended = withKept(withoutCandidate(buffer, event), model, undefined);
  return after === undefined ? ended : { ...ended, failures: { ...buffer.failures, [model]: 0 } };
};

const withPublished = (buffer: Buffer, event: MessageOf<"adapter.published">): Buffer => {
  const { job, model, version } = event;
  return {
    ...withoutOrder(withKept(withoutJob(buffer, job), model, undefined), model, version),
    weights: foldWeights(buffer.weights, event),
    replaced: withVersion(buffer.replaced, model, version, versionOf(buffer.weights, model)),
    failures: { ...buffer.failures, [model]: 0 },
  };
};

const withMeasured = (buffer: Buffer, event: MessageOf<"anchor.measured">): Buffer => {
  const readings = [event, ...(event.against ? [event.against] : [])];
  const standards = readings.reduce(
    (known, { adapter, zeroShot, eliteShot }) =>
      withVersion(known, event.model, adapter, { zeroShot, eliteShot }),
    buffer.standards,
  );
  return { ...buffer, standards };
};

/** All states of one fold share the map of examples, which changes in place. */
export const foldBuffer =
  (settings: Settings) =>
  (buffer: Buffer, event: Message): Buffer => {
    switch (event.type) {
      case "round.opened":
        return { ...buffer, opened: event.round, unsettled: event.count };
      case "question.voided":
        return withOutcome(buffer, event.round);
      case "question.settled":
        return {
          ...withSettled(withOutcome(buffer, event.dossier.round), event, settings),
          rehearsal: withSettledTexts(buffer.rehearsal, event.dossier, settings),
        };
      case "training.requested":
        return withRequested(buffer, event, settings);
      case "training.failed":
        return withFailed(buffer, event);
      case "adapter.rejected":
        return withRejected(buffer, event);
      case "adapter.published":
        return withPublished(buffer, event);
      case "adapter.withdrawn":
        return withoutOrder(
          { ...buffer, weights: foldWeights(buffer.weights, event) },
          event.model,
          event.version,
        );
      case "operator.rejected":
        return withOrder(buffer, event, jobOf(buffer, event.model)?.version);
      case "operator.withdrew":
        return withOrder(buffer, event, versionOf(buffer.weights, event.model));
      case "anchor.measured":
        return withMeasured(buffer, event);
      default:
        return buffer;
    }
  };

/** A job's samples, and the texts of other roles that it rehearses. */
export const examplesOf = (buffer: Buffer, requested: MessageOf<"training.requested">): TrainingExample[] => {
  const rehearsed = buffer.rehearsed[requested.job] ?? [];
  return [
    ...requested.samples.flatMap((solutionId) => buffer.examples.get(solutionId) ?? []),
    ...rehearsed.map(({ example }) => example),
  ];
};
