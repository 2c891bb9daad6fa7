/**
 * Does a model's work, each piece by one call: tries it, repeats failed attempts, and reports the end. It is a
 * function, not a machine: a question has some forty pieces of work, and a machine for each would double its cost.
 *
 * 1. Work ends exactly once, with the drafts it made or with the cause of its failure.
 * 2. An attempt is aborted when its time is over, and when its work is stopped.
 * 3. `doWork` never rejects: anything that its effect throws becomes the cause.
 * 4. Pieces fail one by one: what the others have made stands, and the model abstains from the piece that failed.
 */
import { piecesOf, type Work } from "../machines/work.ts";
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
  readonly work: Work;
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

/** One attempt at pieces side by side. It ends when stopped or when its time is over, even if effects ignore their signal. */
const attemptAt = async (
  pieces: readonly Work[],
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
  const ends: ({ readonly error?: unknown } | undefined)[] = pieces.map(() => undefined);
  let next = 0;
  const tryInTurn = async (): Promise<void> => {
    while (next < pieces.length && !call.signal.aborted) {
      const place = next++;
      try {
        drafts.push(...(await perform({ work: pieces[place] as Work, attempt }, call.signal)));
        ends[place] = done;
      } catch (error) {
        ends[place] = { error };
      }
    }
  };
  void Promise.all(Array.from({ length: Math.min(width, pieces.length) }, tryInTurn)).then(resolve);
  const cause = await over;
  clearTimeout(timer);
  stopped.removeEventListener("abort", stop);
  const failures = pieces.flatMap((work, place): Failure[] => {
    const end = ends[place];
    if (end === done) return [];
    return [{ work, error: end === undefined ? cause : end.error }];
  });
  // What is made after the end is not used.
  return { drafts: [...drafts], failures };
};

/** One attempt at all of the work; rejects where any of it failed. */
export const tryOnce = async (
  work: Work,
  limits: Limits,
  perform: Perform,
  stopped: Stopped,
): Promise<void> => {
  const { failures } = await attemptAt(piecesOf(work), limits, perform, stopped);
  for (const { error } of failures) throw error;
};

/** Stopped work ends as failed; its end is not used. */
export const doWork = async (
  { work, attempts, timeoutSeconds }: WorkOrder,
  { perform, abstain }: { readonly perform: Perform; readonly abstain: Abstain },
  stopped: Stopped,
): Promise<Ended> => {
  const pieces = piecesOf(work);
  const drafts: Draft[] = [];
  const lost: Failure[] = [];
  for (let attempt = 0, left = pieces; left.length > 0; attempt += 1) {
    const outcome = await attemptAt(left, { attempt, timeoutSeconds }, perform, stopped);
    drafts.push(...outcome.drafts);
    const isLast = attempt + 1 >= attempts || stopped.aborted;
    const [hopeless = [], hopeful = []] = parted(outcome.failures, isLast);
    lost.push(...hopeless);
    left = hopeful.map((failure) => failure.work);
  }
  const [first] = lost;
  if (first !== undefined && lost.length === pieces.length) {
    return { work, outcome: "failed", cause: causeOf(first.error) };
  }
  const abstentions = lost.flatMap((failure) => abstain(failure.work, causeOf(failure.error)));
  return { work, outcome: "done", drafts: [...drafts, ...abstentions] };
};

/** What is given up, and what is tried again. */
const parted = (failures: readonly Failure[], isLast: boolean): Failure[][] => {
  const isHopeless = ({ error }: Failure) => isLast || error instanceof PermanentError;
  return [failures.filter(isHopeless), failures.filter((failure) => !isHopeless(failure))];
};
