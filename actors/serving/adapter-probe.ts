/**
 * Whether an endpoint applies an adapter that it has loaded: some servers ignore adapters silently, and some lose them
 * when they sleep.
 *
 * 1. The same prompt goes twice to the base model and once to the adapter, decoded greedily. The difference between
 *    the base model's two answers is noise; an adapter that differs no more than that is ignored.
 * 2. If the endpoint returns no log-probabilities and the texts agree, the result is unknown: that is no error.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Model, Probe } from "../../runtime/model/model.ts";

/** The endpoint serves the adapter's name and answers as the base model does. */
export class IgnoredAdapter extends AgoraError<"AGORA_ADAPTER_IGNORED"> {
  constructor(served: string) {
    super("AGORA_ADAPTER_IGNORED", `the endpoint loaded the adapter ${served} but answers without it`, {
      fix: "check that the server supports LoRA for this model and the adapter's target modules",
    });
  }
}

/** An adapter has to differ by this multiple of the noise. */
const MARGIN = 3;
/** Smaller differences are rounding [nats]. */
const ROUNDING = 1e-6;

/** Mean difference of the log-probabilities [nats]; infinite if the texts differ, undefined if unknown. */
const distance = (first: Probe, second: Probe): number | undefined => {
  if (first.text !== second.text) return Number.POSITIVE_INFINITY;
  const [some, others] = [first.logprobs, second.logprobs];
  if (some === undefined || others === undefined || some.length === 0) return undefined;
  const gaps = some.map((logprob, index) => Math.abs(logprob - (others[index] ?? 0)));
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
};

/** Undefined if the readings are not enough to decide. */
export const isApplied = (base: Probe, again: Probe, adapted: Probe): boolean | undefined => {
  const noise = distance(base, again) ?? 0;
  const effect = distance(base, adapted);
  if (noise === Number.POSITIVE_INFINITY || effect === undefined) return undefined;
  return effect > Math.max(MARGIN * noise, ROUNDING);
};

/** Does nothing for a model without probes. @throws IgnoredAdapter, ModelError */
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
