/** Tokens and time of a run's model calls, by model and by role: a fold over the journal. */
import type { Message, MessageOf } from "../runtime/messages.ts";
import { type Cost, emptyLedger, foldLedger, type Ledger } from "../runtime/model/ledger.ts";

export interface Usage {
  readonly total: Cost;
  readonly byModel: Ledger["models"];
  readonly byRole: Ledger["roles"];
  readonly byOutcome: Ledger["outcomes"];
  /** Tokens of measuring, after the end of the society. */
  readonly measuring: Pick<Cost, "promptTokens" | "completionTokens">;
}

const usageOf = ({ total, models, roles, outcomes }: Ledger, measuring: Usage["measuring"]): Usage => ({
  ...{ total, byModel: models, byRole: roles, byOutcome: outcomes },
  measuring,
});

const ledgerOf = ({ total, byModel, byRole, byOutcome }: Usage): Ledger => ({
  ...{ total, models: byModel, roles: byRole, outcomes: byOutcome },
});

export const emptyUsage: Usage = usageOf(emptyLedger, { promptTokens: 0, completionTokens: 0 });

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
  return usageOf(foldLedger(ledgerOf(usage), message), usage.measuring);
};

/** With all that was aborted, failed or asked again; undefined where no question has settled. */
export const tokensPerQuestion = ({ total }: Usage, questions: number): number | undefined =>
  questions === 0 ? undefined : (total.promptTokens + total.completionTokens) / questions;
