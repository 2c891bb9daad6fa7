/**
 * Does one piece of a model's work: tries it, repeats failed attempts, and reports the end. It is a function, not a
 * machine: a question has some forty pieces of work, and a machine for each would double its cost.
 *
 * 1. A piece of work ends exactly once, with its drafts or with the cause of its failure.
 * 2. An attempt is aborted when its time is over, and when its work is stopped.
 * 3. `doWork` never rejects: anything that its effect throws becomes the cause.
 */
import { type Attempt, causeOf, type WorkEnded, type WorkOrder } from "../machines/work-order.ts";
import { AgoraError } from "../runtime/agora-error.ts";
import type { Draft } from "../runtime/messages.ts";

/** A failure that another attempt would repeat: the work ends at once. */
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

/** Rejects immediately when stopped or when its time is over, even if the effect ignores its signal. */
export const tryOnce = async (
  { work, timeoutSeconds }: Pick<WorkOrder, "work" | "timeoutSeconds">,
  attempt: number,
  perform: Perform,
  stopped: AbortSignal,
): Promise<readonly Draft[]> => {
  const call = new AbortController();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const leave = (cause: unknown): void => {
    reject(cause);
    call.abort(cause);
  };
  const stop = (): void => leave(stopped.reason);
  const timer = setTimeout(() => leave(new LateReply(timeoutSeconds)), timeoutSeconds * 1000);
  stopped.addEventListener("abort", stop);
  try {
    return await Promise.race([perform({ work, attempt }, call.signal), lost]);
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener("abort", stop);
  }
};

/** Stopped work ends as failed; its end is not used. */
export const doWork = async (
  order: WorkOrder,
  perform: Perform,
  stopped: AbortSignal,
): Promise<WorkEnded> => {
  const { work, attempts } = order;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const drafts = await tryOnce(order, attempt, perform, stopped);
      return { type: "work.ended", work, outcome: "done", drafts };
    } catch (error) {
      if (attempt + 1 < attempts && !(error instanceof PermanentError) && !stopped.aborted) continue;
      return { type: "work.ended", work, outcome: "failed", cause: causeOf(error) };
    }
  }
};
