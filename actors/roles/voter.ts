/**
 * Says which of two verified solutions is better; which one is shown first is drawn per voter and pair. What others
 * remarked stands beside each; a context that cannot hold it, or that was of no use, goes without.
 */
import { shownRemarks } from "../../machines/folds/remarks.ts";
import { chanceOf } from "../../machines/random.ts";
import type { Vote } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Draft } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";
import { overflowOf } from "./prompting.ts";

/** @throws UnparsableReply where no choice can be found. */
export const vote = async (
  tools: Tools,
  { id, question, text, pair, solutions, remarks = [] }: Vote,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const swapped = chanceOf(tools.config.seed, tools.name, pair.pair) < 0.5;
  const [shownFirst, shownSecond] = swapped ? [pair.second, pair.first] : [pair.first, pair.second];
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const plain = { question: text, first: solutions[shownFirst] ?? "", second: solutions[shownSecond] ?? "" };
  const remarked = { ...plain, ...shownRemarks(remarks, shownFirst, shownSecond) };
  const isTooMuch = remarks.length === 0 || attempt > 0 || overflowOf(tools, "voter", remarked) !== undefined;
  const variables = isTooMuch ? plain : remarked;
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "voter", variables, id, attempt, adapter },
    signal,
  );
  const ballot = tools.pack.ballot(reply);
  if (ballot === undefined) throw new UnparsableReply("voter", reply);
  const choice = ballot === "first" ? shownFirst : shownSecond;
  const cast = { pair: pair.pair, voter: tools.name, adapter, choice, shownFirst, text: reply, tokens };
  return [{ type: "ballot.cast", question, cast }];
};
