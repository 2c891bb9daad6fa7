/** A training job in the queue: all settings that determine the adapter, and nothing specific to the run's machine. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { TrainingError, type TrainingOrder } from "../../runtime/training.ts";

const name = z.string().min(1).max(200);

/** The base model. A pocket checkpoint is identified by its name and the SHA-256 of its weights. */
export const baseSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pocket"), checkpoint: z.string().regex(/^[\w-]{1,64}$/), sha256: name }),
  z.object({
    kind: z.literal("peft"),
    /** A Hugging Face id, or a folder that also exists on the host. */
    base: name,
    templateOptions: z.record(z.string(), z.unknown()).optional(),
    trustRemoteCode: z.boolean().optional(),
    precision: z.enum(["auto", "float32", "bfloat16", "4bit"]),
    gradientCheckpointing: z.union([z.boolean(), z.literal("auto")]),
    microBatch: z.int().min(1),
    maxTokens: z.int().min(1),
    checkpointEvery: z.int().min(1),
  }),
]);
export type QueuedBase = z.infer<typeof baseSchema>;

export const orderSchema = z.object({
  run: name,
  job: name,
  model: name,
  base: baseSchema,
  /** SHA-256 of the parcel with the adapter to continue from. */
  previous: z.string().optional(),
  samples: z.array(z.object({ system: z.string().optional(), prompt: z.string(), response: z.string() })),
  rank: z.int().min(1),
  alpha: z.number(),
  dropout: z.number(),
  targets: z.array(z.string()),
  learningRate: z.number(),
  epochs: z.int().min(1),
  batchSize: z.int().min(1),
  seed: z.number(),
});
export type QueuedOrder = z.infer<typeof orderSchema>;

/** A message of the work queue: the job's key and the attempt number. The order is in the object store. */
export const ticketSchema = z.object({ key: name, attempt: z.int().min(0), job: name });
export type Ticket = z.infer<typeof ticketSchema>;

const ended = { attempt: z.int().min(0), host: name, seconds: z.number() };

/** The outcome of an attempt, stored in the object store under the job's key. */
export const outcomeSchema = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("trained"),
    ...ended,
    /** Name of the object with the adapter's parcel, and the parcel's SHA-256. */
    parcel: name,
    sha256: name,
    loss: z.number().optional(),
  }),
  z.object({ state: z.literal("failed"), ...ended, code: name, cause: z.string(), permanent: z.boolean() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const step = { step: z.number(), steps: z.number(), loss: z.number(), gradientNorm: z.number() };

/** Stands in the outcome's place while a host trains the job: what another host was to write there is refused. */
export const claimSchema = z.object({
  state: z.literal("claimed"),
  attempt: z.int().min(0),
  host: name,
  /** Those that took the job in this attempt and neither reported an outcome nor gave it back, by process. */
  holders: z.array(z.string()).default([]),
});
export type Claim = z.infer<typeof claimSchema>;

/** What stands in the outcome's place. */
export interface Known {
  /** Undefined while the first attempt is claimed. */
  readonly outcome: Outcome | undefined;
  /** Undefined if there is an outcome. */
  readonly claim: Claim | undefined;
  /** Sequence number in the object store, which the next claim or outcome has to name. */
  readonly revision: number;
}

export interface Claimed extends Known {
  readonly claim: Claim;
}

export interface Claimant extends Pick<Claim, "attempt" | "host"> {
  /** Tells this process of the host from others. */
  readonly holder: string;
}

/** A process that takes the job again is no other holder. */
const others = ({ holders }: Claim, holder: string): string[] => holders.filter((other) => other !== holder);

export const claimAfter = (before: Claim | undefined, { holder, ...claimant }: Claimant): Claim => {
  const lost = before?.attempt === claimant.attempt ? others(before, holder) : [];
  return { state: "claimed", ...claimant, holders: [...lost, holder] };
};

export const claimWithout = (claim: Claim, holder: string): Claim => ({
  ...claim,
  holders: others(claim, holder),
});

/** Progress of a job, sent by its host; delivered at most once. */
export const newsSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("taken"), host: name }),
  z.object({ type: z.literal("alive"), host: name }),
  z.object({ type: z.literal("step"), host: name, ...step }),
  z.object({ type: z.literal("ended"), host: name }),
]);
export type News = z.infer<typeof newsSchema>;

export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");

export const queuedOrderOf = (
  { job, model, samples, rank, alpha, dropout, targets, ...rest }: TrainingOrder,
  where: { readonly run: string; readonly base: QueuedBase; readonly previous: string | undefined },
): QueuedOrder => {
  const { learningRate, epochs, batchSize, seed } = rest;
  const settings = { rank, alpha, dropout, targets: [...targets], learningRate, epochs, batchSize, seed };
  return orderSchema.parse({ ...where, job, model, samples, ...settings });
};

/** Replaces dots, wildcards and spaces, which subject tokens must not contain. */
const token = (text: string): string => text.replaceAll(/[^\w@-]/g, "_");

/** What the keys of a run's job begin with. */
export const keyPrefixOf = (run: string, job: string): string => `${token(run)}.${token(job)}-`;

/** The key of a job is the hash of its content: another run with the same name has other keys. */
export const keyOf = (order: QueuedOrder): string =>
  `${keyPrefixOf(order.run, order.job)}${sha256(JSON.stringify(order)).slice(0, 16)}`;

/** A version that does not know all settings of an order would train another adapter. @throws TrainingError */
export const orderIn = (content: Uint8Array, key: string): QueuedOrder => {
  try {
    const order = orderSchema.parse(JSON.parse(new TextDecoder().decode(content)));
    if (keyOf(order) === key) return order;
  } catch {}
  const problem = "this host cannot read all of the job: another version of Agora has queued it";
  const fix = "use one version of Agora on both machines";
  throw new TrainingError("order-unknown", problem, { fix, permanent: true });
};
