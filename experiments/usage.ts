/** Tokens and time of a run's model calls, by model and by role: a fold over the journal. */
import type { Message, MessageOf } from "../runtime/messages.ts";

export interface Used {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Time at the endpoint [s]. */
  readonly seconds: number;
}

export interface Usage {
  readonly total: Used;
  readonly byModel: Readonly<Record<string, Used>>;
  readonly byRole: Readonly<Record<string, Used>>;
  /** Tokens of measuring, after the end of the society. */
  readonly measuring: Pick<Used, "promptTokens" | "completionTokens">;
}

const nothing: Used = { calls: 0, promptTokens: 0, completionTokens: 0, seconds: 0 };

export const emptyUsage: Usage = { total: nothing, byModel: {}, byRole: {}, measuring: nothing };

const plus = (used: Used = nothing, more: Used): Used => ({
  calls: used.calls + more.calls,
  promptTokens: used.promptTokens + more.promptTokens,
  completionTokens: used.completionTokens + more.completionTokens,
  seconds: used.seconds + more.seconds,
});

const measured = (usage: Usage, { answers }: MessageOf<"measure.taken">): Usage => ({
  ...usage,
  measuring: answers.reduce(
    ({ promptTokens, completionTokens }, { tokens }) => ({
      promptTokens: promptTokens + (tokens?.prompt ?? 0),
      completionTokens: completionTokens + (tokens?.completion ?? 0),
    }),
    usage.measuring,
  ),
});

export const foldUsage = (usage: Usage, message: Message): Usage => {
  if (message.type === "measure.taken") return measured(usage, message);
  if (message.type !== "call.metered") return usage;
  const { model, role } = message;
  return {
    ...usage,
    total: plus(usage.total, message),
    byModel: { ...usage.byModel, [model]: plus(usage.byModel[model], message) },
    byRole: { ...usage.byRole, [role]: plus(usage.byRole[role], message) },
  };
};
