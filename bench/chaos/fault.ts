/**
 * The faults of the harness, and how often a plan draws each.
 *
 * A fault of a model or of messages waits for the next calls or messages that it can spoil. All others happen at once,
 * and end after their time.
 */

/** Processes of `agora run` and `agora join`. */
const ofProcesses = {
  "host killed": 6,
  "member killed": 6,
  /** SIGSTOP, then SIGCONT. */
  "member stalled": 3,
  /** Its wall clock jumps by up to a day, in either direction. */
  "clock skewed": 4,
  /** No file of the host's process may grow. */
  "disk full": 2,
} as const;

/** With a standby only. The host stalls for longer than its lease: it has to find itself fenced. */
const ofStandbys = { "standby killed": 3, "host stalled": 1 } as const;

/** The NATS server, and the link of one process to it. */
const ofLinks = {
  "server restarted": 5,
  /** Connections break, and new ones are refused. */
  "link cut": 6,
  /** Nothing arrives any more, in neither direction, and no connection breaks. */
  "link silent": 4,
  /** All bytes are late. */
  "link slow": 4,
} as const;

/** What a member's endpoint does instead of answering. */
const ofModels = {
  "model stalls": 3,
  "model answers 500": 4,
  "model answers 429": 4,
  "model is slow": 3,
  "model truncates": 4,
  "model hangs up": 4,
  "model sends a page": 3,
  "model sends wrong JSON": 4,
  "model says garbage": 4,
  "model says nothing": 3,
  "model says too much": 3,
} as const;

/** A stranger with a key of its own, which is no member. */
const ofPeers = { "peer malformed": 3, "peer oversize": 2, "peer forges": 4 } as const;

/** What happens to messages that a member sends. */
const ofMessages = {
  "messages duplicated": 4,
  "messages reordered": 4,
  "messages replayed": 4,
  "messages lost": 3,
  /** Beyond decoding. */
  "messages corrupted": 3,
} as const;

const shares = {
  ...{ ...ofProcesses, ...ofStandbys, ...ofLinks },
  ...{ ...ofModels, ...ofPeers, ...ofMessages },
} as const;

export type FaultKind = keyof typeof shares;
export type ModelFault = keyof typeof ofModels;
export type MessageFault = keyof typeof ofMessages;

export const faultKinds = Object.keys(shares) as readonly FaultKind[];

/** How often a kind is drawn, relative to the others. */
export const shareOf = (kind: FaultKind): number => shares[kind];

export const isModelFault = (kind: FaultKind): kind is ModelFault => Object.hasOwn(ofModels, kind);
export const isMessageFault = (kind: FaultKind): kind is MessageFault => Object.hasOwn(ofMessages, kind);
export const isStandbyFault = (kind: FaultKind): boolean => Object.hasOwn(ofStandbys, kind);

export interface Fault {
  /** Differs from all others of a harness run. */
  readonly id: number;
  readonly kind: FaultKind;
  /** A member; for a link also `host`; for `host` and `server` faults their name. */
  readonly target: string;
  /** Questions that end between the fault before and this one. */
  readonly gap: number;
  /** How long it lasts, where it lasts [s]. */
  readonly seconds: number;
  /** How many calls or messages it spoils, where it spoils some. */
  readonly count: number;
}
