/**
 * Does a model's work, each piece by one call: tries it, repeats failed attempts, and reports the end. It is a
 * function, not a machine: a question has some forty pieces of work, and a machine for each would double its cost.
 *
 * 1. Work ends exactly once, with the drafts it made or with the cause of its failure.
 * 2. An attempt is aborted when its time is over, and when its work is stopped.
 * 3. `doWork` never rejects: anything that its effect throws becomes the cause.
 * 4. Pieces fail one by one: what the others have made stands, and the model abstains from the piece that failed.
 */
import { countPieces, pieceAt, type Work } from "../machines/work.ts";
import { type Attempt, causeOf, type Ended, type WorkOrder } from "../machines/work-order.ts";
import { AgoraError } from "../runtime/agora-error.ts";
import type { Draft } from "../runtime/messages.ts";

/** A failure that another attempt would repeat: it is not tried again. */
export class PermanentError extends AgoraError<"AGORA_PERMANENT"> {
  constructor(problem: string, fix?: string) {
    super("AGORA_PERMANENT", problem, { fix });
  }
}

class LateReply extends AgoraError<"AGORA_LATE_REPLY"> {
  constructor(seconds: number) {
    super("AGORA_LATE_REPLY", `no reply within ${Number(seconds.toPrecision(3))} s`);
  }
}

/** Does the work; rejects if the model fails or its reply cannot be read. */
export type Perform = (attempt: Attempt, signal: AbortSignal) => Promise<readonly Draft[]>;

/** What the model says instead of a piece that failed. */
export type Abstain = (piece: Work, cause: string) => readonly Draft[];

/** Says that work is to stop, as an `AbortSignal` does. */
export type Stopped = Pick<AbortSignal, "aborted" | "reason"> & {
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
};

interface Failure {
  /** The piece's. */
  readonly place: number;
  readonly error: unknown;
}

interface Outcome {
  readonly drafts: readonly Draft[];
  readonly failures: readonly Failure[];
}

export interface Limits {
  /** 0 at first. */
  readonly attempt: number;
  readonly timeoutSeconds: number;
}

/** Calls of one piece of work that are under way at a time: more would only wait at the endpoint. */
const width = 8;

/** How a piece ended that has made its drafts. */
const done = {};

/**
 * One attempt at the pieces in these places, side by side. It ends when stopped or when its time is over, even if effects
 * ignore their signal.
 */
const attemptAt = async (
  work: Work,
  places: readonly number[],
  { attempt, timeoutSeconds }: Limits,
  perform: Perform,
  stopped: Stopped,
): Promise<Outcome> => {
  const call = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<unknown>();
  const end = (cause: unknown): void => {
    resolve(cause);
    call.abort(cause);
  };
  const stop = (): void => end(stopped.reason);
  const timer = setTimeout(() => end(new LateReply(timeoutSeconds)), timeoutSeconds * 1000);
  stopped.addEventListener("abort", stop);
  const drafts: Draft[] = [];
  /** Of the pieces in the order of their places; undefined: not yet. */
  const ends: ({ readonly error?: unknown } | undefined)[] = places.map(() => undefined);
  const waiting = places.entries();
  const tryInTurn = async (): Promise<void> => {
    for (const [index, place] of waiting) {
      if (call.signal.aborted) return;
      try {
        drafts.push(...(await perform({ work: pieceAt(work, place), attempt }, call.signal)));
        ends[index] = done;
      } catch (error) {
        ends[index] = { error };
      }
    }
  };
  void Promise.all(Array.from({ length: Math.min(width, places.length) }, tryInTurn)).then(resolve);
  const cause = await over;
  clearTimeout(timer);
  stopped.removeEventListener("abort", stop);
  const failures = places.flatMap((place, index): Failure[] => {
    const end = ends[index];
    if (end === done) return [];
    return [{ place, error: end === undefined ? cause : end.error }];
  });
  // What is made after the end is not used.
  return { drafts: [...drafts], failures };
};

const placesOf = (work: Work): number[] => Array.from({ length: countPieces(work) }, (_, place) => place);

/** One attempt at all of the work; rejects where any of it failed. */
export const tryOnce = async (
  work: Work,
  limits: Limits,
  perform: Perform,
  stopped: Stopped,
): Promise<void> => {
  const { failures } = await attemptAt(work, placesOf(work), limits, perform, stopped);
  for (const { error } of failures) throw error;
};

/** Stopped work ends as failed; its end is not used. */
export const doWork = async (
  { work, attempts, timeoutSeconds }: WorkOrder,
  { perform, abstain }: { readonly perform: Perform; readonly abstain: Abstain },
  stopped: Stopped,
): Promise<Ended> => {
  const places = placesOf(work);
  const drafts: Draft[] = [];
  const lost: Failure[] = [];
  for (let attempt = 0, left = places; left.length > 0; attempt += 1) {
    const outcome = await attemptAt(work, left, { attempt, timeoutSeconds }, perform, stopped);
    drafts.push(...outcome.drafts);
    const isLast = attempt + 1 >= attempts || stopped.aborted;
    const [hopeless = [], hopeful = []] = parted(outcome.failures, isLast);
    lost.push(...hopeless);
    left = hopeful.map(({ place }) => place);
  }
  const [first] = lost;
  if (first !== undefined && lost.length === places.length) {
    return { work, outcome: "failed", cause: causeOf(first.error) };
  }
  const abstentions = lost.flatMap(({ place, error }) => abstain(pieceAt(work, place), causeOf(error)));
  return { work, outcome: "done", drafts: [...drafts, ...abstentions] };
};

/** What is given up, and what is tried again. */
const parted = (failures: readonly Failure[], isLast: boolean): Failure[][] => {
  const isHopeless = ({ error }: Failure) => isLast || error instanceof PermanentError;
  return [failures.filter(isHopeless), failures.filter((failure) => !isHopeless(failure))];
};
