/** A training job as it travels: everything that decides the adapter, and nothing of the machine it came from. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { TrainingOrder } from "../../runtime/training.ts";

const name = z.string().min(1).max(200);

/** What the adapter is trained on. A pocket checkpoint is known by its name and its weights' SHA-256. */
export const baseSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pocket"), checkpoint: z.string().regex(/^[\w-]{1,64}$/), sha256: name }),
  z.object({
    kind: z.literal("peft"),
    /** An id on the hub, or a folder that the host has too. */
    base: name,
    templateOptions: z.record(z.string(), z.unknown()).optional(),
    trustRemoteCode: z.boolean().optional(),
    precision: z.enum(["auto", "float32", "bfloat16", "4bit"]),
    gradientCheckpointing: z.boolean(),
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
  /** SHA-256 of the parcel with the adapter to go on from. */
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

/** The work queue's message: which job, and the how manieth try. What it says in full lies in the object store. */
export const ticketSchema = z.object({ key: name, attempt: z.int().min(0), job: name });
export type Ticket = z.infer<typeof ticketSchema>;

const ended = { attempt: z.int().min(0), host: name, seconds: z.number() };

/** How a try ended: kept in the object store under the job's key. */
export const outcomeSchema = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("trained"),
    ...ended,
    /** Object with the adapter's parcel, and the parcel's SHA-256. */
    parcel: name,
    sha256: name,
    loss: z.number().optional(),
  }),
  z.object({ state: z.literal("failed"), ...ended, code: name, cause: z.string(), permanent: z.boolean() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const step = { step: z.number(), steps: z.number(), loss: z.number(), gradientNorm: z.number() };

/** What a host says while it works; heard at most once. */
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

/** Subjects have no dots, wildcards or spaces in their tokens. */
const token = (text: string): string => text.replaceAll(/[^\w@-]/g, "_");

/** Names a job by its content: another run of the same name has other keys. */
export const keyOf = (order: QueuedOrder): string =>
  `${token(order.run)}.${token(order.job)}-${sha256(JSON.stringify(order)).slice(0, 16)}`;
