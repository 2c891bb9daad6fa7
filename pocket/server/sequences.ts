/**
 * Runs a plan's sequences.
 *
 * 1. All of a plan's sequences reach the engine in the same turn of the event loop, so that it batches them.
 * 2. A sequence frees its capacity as soon as it ends, also after an error.
 * 3. A failure of one sequence aborts the plan's others; so does a disconnect of the client.
 * 4. A run ends only when all its sequences have ended.
 */
import type { Generation } from "../engine/index.ts";
import type { Target } from "./catalogue.ts";
import { clientGone, engineFailed } from "./errors.ts";
import type { Plan } from "./plan.ts";

export interface SequenceHooks {
  readonly onText?: (sequence: number, piece: string) => void;
  readonly onEnd?: (sequence: number, generation: Generation) => void;
}

/**
 * Returns the generations in the order of the plan's requests. The caller must have taken all sequences from the
 * limit.
 * @throws RequestError 499 after `abort`, 500 if the engine fails
 */
export const runSequences = async (
  plan: Plan,
  abort: AbortController,
  hooks: SequenceHooks = {},
): Promise<Generation[]> => {
  const outcomes = await Promise.allSettled(
    plan.requests.map((_, sequence) => runSequence(plan, sequence, abort, hooks)),
  );
  if (abort.signal.aborted) throw abort.signal.reason;
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
};

const runSequence = async (
  { target, requests }: Plan,
  sequence: number,
  abort: AbortController,
  { onText, onEnd }: SequenceHooks,
): Promise<Generation> => {
  const { engine, limit } = target.model;
  const request = requests[sequence];
  try {
    if (!request) throw new RangeError(`The plan has no sequence ${sequence}.`);
    const listener = onText && ((piece: string) => onText(sequence, piece));
    const generation = await engine.generate(request, {
      signal: abort.signal,
      ...(listener ? { onText: listener } : {}),
    });
    onEnd?.(sequence, generation);
    return generation;
  } catch (error) {
    if (!abort.signal.aborted) fail(target, error, abort);
    throw error;
  } finally {
    limit.free(target.name);
  }
};

const fail = (target: Target, cause: unknown, abort: AbortController): void => {
  const failure = engineFailed(target.name, cause);
  target.model.onFailure?.(failure);
  abort.abort(failure);
};

/** Aborts with a 499 error when `signal` aborts. */
export const abortWith = (signal: AbortSignal): AbortController => {
  const abort = new AbortController();
  const leave = () => abort.abort(clientGone());
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return abort;
};
