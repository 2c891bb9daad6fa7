/** Tokens and time of a run's model calls, by model and by role: a fold over the journal. */
import type { Message, MessageOf } from "../runtime/messages.ts";
import { type Cost, emptyLedger, foldLedger, type Ledger, noCost } from "../runtime/model/ledger.ts";

export interface Usage extends Ledger {
  /** Tokens of measuring, after the end of the society. */
  readonly measuring: Pick<Cost, "promptTokens" | "completionTokens">;
}

export const emptyUsage: Usage = { ...emptyLedger, measuring: noCost };

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

export const foldUsage = (usage: Usage, message: Message): Usage =>
  message.type === "measure.taken" ? measured(usage, message) : { ...usage, ...foldLedger(usage, message) };

/** With all that was aborted, failed or asked again; undefined where no question has settled. */
export const tokensPerQuestion = ({ total }: Ledger, questions: number): number | undefined =>
  questions === 0 ? undefined : (total.promptTokens + total.completionTokens) / questions;
