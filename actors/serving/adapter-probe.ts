/**
 * Whether an endpoint applies an adapter it has taken: servers may ignore one without a word, and some wake from
 * sleep without it.
 *
 * 1. The same prompt goes twice to the base model and once to the adapter, greedily. What the two answers of the
 *    base differ by is noise; an adapter that differs by no more is ignored.
 * 2. Where the endpoint gives no log-probabilities and the texts agree, nothing can be said: that is no error.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Model, Probe } from "../../runtime/model/model.ts";

/** The endpoint serves the adapter's name and answers as the base model does. */
export class IgnoredAdapter extends AgoraError<"AGORA_ADAPTER_IGNORED"> {
  constructor(served: string) {
    super("AGORA_ADAPTER_IGNORED", `the endpoint took the adapter ${served} and answers as without it`, {
      fix: "check that the server supports LoRA for this model and the adapter's target modules",
    });
  }
}

/** How often noise an adapter has to differ: two readings of one model vary as well. */
const MARGIN = 3;
/** Less is the rounding of one computation done twice [nats]. */
const ROUNDING = 1e-6;

/** Mean difference of the log-probabilities [nats]; infinite where the texts differ, undefined where unknown. */
const distance = (first: Probe, second: Probe): number | undefined => {
  if (first.text !== second.text) return Number.POSITIVE_INFINITY;
  const [some, others] = [first.logprobs, second.logprobs];
  if (some === undefined || others === undefined || some.length === 0) return undefined;
  const gaps = some.map((logprob, index) => Math.abs(logprob - (others[index] ?? 0)));
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
};

/** Undefined where the readings cannot tell. */
export const isApplied = (base: Probe, again: Probe, adapted: Probe): boolean | undefined => {
  const noise = distance(base, again) ?? 0;
  const effect = distance(base, adapted);
  if (noise === Number.POSITIVE_INFINITY || effect === undefined) return undefined;
  return effect > Math.max(MARGIN * noise, ROUNDING);
};

/** Harmless for a model that cannot be probed. @throws IgnoredAdapter, ModelError */
export const assertApplied = async (
  model: Model,
  served: string,
  prompts: readonly string[],
): Promise<void> => {
  let seen: boolean | undefined;
  for (const prompt of prompts) {
    const base = await model.probe?.(prompt, undefined);
    const adapted = await model.probe?.(prompt, served);
    const again = await model.probe?.(prompt, undefined);
    if (!base || !again || !adapted) return;
    const applied = isApplied(base, again, adapted);
    if (applied) return;
    seen ??= applied;
  }
  if (seen === false) throw new IgnoredAdapter(served);
};
