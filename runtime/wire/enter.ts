/**
 * How agents of another process enter a run: they ask the host on `agora.<run>.<agent>.enter`, which a key binds to its
 * agent, and get the configuration and the journal, page by page.
 */
import { z } from "zod";
import { AgoraError } from "../agora-error.ts";
import { senderOf } from "./sender.ts";

/** Counts up when processes of different versions could misunderstand each other. */
export const wireVersion = 4;

export const enterSubject = (run: string, agent: string): string => `agora.${run}.${senderOf(agent)}.enter`;
export const enterPattern = (run: string): string => `agora.${run}.*.enter`;

export const enterRequest = z.object({
  agent: z.string().min(1).max(200),
  wire: z.int(),
  /** Version of the program that asks, for messages. */
  version: z.string().max(200),
  /** The highest term that has been heard: a host of a lower one does not answer. */
  term: z.int().nonnegative().optional(),
  /** Records after this one are wanted; undefined: none. */
  after: z.int().nonnegative().optional(),
});
export type EnterRequest = z.infer<typeof enterRequest>;

/** `present`: another process has an agent of this name, as far as the host knows. */
export const refusals = ["version", "agent", "hosted", "present", "malformed"] as const;
export type RefusalKind = (typeof refusals)[number];

const refusal = z.object({
  refused: z.enum(refusals),
  problem: z.string(),
  expected: z.string().optional(),
  fix: z.string().optional(),
});
export type Refusal = z.infer<typeof refusal>;

const page = z.object({
  /** Of the host. */
  term: z.int().nonnegative().optional(),
  /** When the run was created [ms since 1970]: another run of its name was created at another time. */
  created: z.int().nonnegative().optional(),
  /** The configuration of the run, without what concerns the host only. */
  config: z.record(z.string(), z.unknown()),
  records: z.array(z.unknown()),
  /** The last record of this page; undefined: there are no more. */
  next: z.int().optional(),
  /** With the last page: the last record of the journal. */
  last: z.int().nonnegative().optional(),
  /** With the last page: messages that say who takes part. */
  present: z.array(z.unknown()).optional(),
});
export type Page = z.infer<typeof page>;

export const enterAnswer = z.union([refusal, page]);

export type EntryErrorCode = "AGORA_JOIN_RUN" | "AGORA_JOIN_KEY" | `AGORA_JOIN_${Uppercase<RefusalKind>}`;

/** An agent cannot take part. */
export class EntryError extends AgoraError<EntryErrorCode> {}
