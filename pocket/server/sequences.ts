/**
 * Running a plan's sequences.
 *
 * 1. All of a plan's sequences reach the engine in the same turn of the event loop, so that it batches them.
 * 2. A sequence's seat is free as soon as that sequence has ended, however it ended.
 * 3. One failure aborts the plan's other sequences; so does the client's leaving.
 * 4. A run ends only when all its sequences have.
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
 * Generations in the order of the plan's requests. SequenceLimit must have been taken for all of them.
 * @throws RequestError 499 after `abort`, 500 when the engine fails.
 */
export async function runSequences(
  plan: Plan,
  abort: AbortController,
  hooks: SequenceHooks = {},
): Promise<Generation[]> {
  const outcomes = await Promise.allSettled(
    plan.requests.map((_, sequence) => runSequence(plan, sequence, abort, hooks)),
  );
  if (abort.signal.aborted) throw abort.signal.reason;
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

async function runSequence(
  { target, requests }: Plan,
  sequence: number,
  abort: AbortController,
  { onText, onEnd }: SequenceHooks,
): Promise<Generation> {
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
}

function fail(target: Target, cause: unknown, abort: AbortController): void {
  const failure = engineFailed(target.name, cause);
  target.model.onFailure?.(failure);
  abort.abort(failure);
}

/** Aborts with a 499 as soon as `signal` does. */
export function abortWith(signal: AbortSignal): AbortController {
  const abort = new AbortController();
  const leave = () => abort.abort(clientGone());
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return abort;
}
