/**
 * Says which of two verified solutions is better; the order in which it sees them is drawn for each voter. What others
 * remarked stands beside each; a context that cannot hold it, or that was of no use, goes without.
 */
import { shownRemarks } from "../../machines/folds/remarks.ts";
import { hashOf } from "../../machines/random.ts";
import type { Vote } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Draft, Pair } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";
import { overflowOf } from "./prompting.ts";

/**
 * Each of a pair is first for half of the voters. A voter sees all pairs of a question in one order of the solutions, so
 * that prompts with the same first solution begin alike: a prefix cache computes their beginning once.
 */
const shownOrder = ({ config, name }: Tools, { first, second }: Pair): readonly [string, string] => {
  const placeOf = (solutionId: string) => hashOf(config.seed, name, "shown", solutionId);
  return placeOf(first) <= placeOf(second) ? [first, second] : [second, first];
};

/** @throws UnparsableReply where no choice can be found. */
export const vote = async (
  tools: Tools,
  { id, question, text, pairs, solutions, remarks = [] }: Vote,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const [pair] = pairs;
  if (pair === undefined) return [];
  const [shownFirst, shownSecond] = shownOrder(tools, pair);
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const plain = { question: text, first: solutions[shownFirst] ?? "", second: solutions[shownSecond] ?? "" };
  const isRemarked = remarks.length > 0 && attempt === 0;
  const remarked = isRemarked ? { ...plain, ...shownRemarks(remarks, shownFirst, shownSecond) } : plain;
  const variables = overflowOf(tools, "voter", remarked) === undefined ? remarked : plain;
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "voter", variables, id, attempt, adapter },
    signal,
  );
  const ballot = tools.pack.ballot(reply);
  if (ballot === undefined) throw new UnparsableReply("voter", reply);
  const choice = ballot === "first" ? shownFirst : shownSecond;
  const cast = { pair: pair.pair, voter: tools.name, adapter, choice, shownFirst, text: reply, tokens };
  return [{ type: "ballot.cast", question, ballots: [cast] }];
};
