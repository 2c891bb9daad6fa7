/**
 * Says which of two verified solutions is better; the order in which it sees them is drawn for each voter. What others
 * remarked stands beside each; a context that cannot hold it, or that was of no use, goes without.
 */
import { shownRemarks } from "../../machines/folds/remarks.ts";
import { hashesAfter } from "../../machines/random.ts";
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
const shownOrder = (
  tools: Tools,
  { first, second }: Pair,
  solutions: Vote["solutions"],
): readonly [string, string] => {
  const places = placesOf(tools, solutions);
  return (places.get(first) ?? 0) <= (places.get(second) ?? 0) ? [first, second] : [second, first];
};

interface Drawn {
  readonly voter: Tools;
  readonly places: ReadonlyMap<string, number>;
}

/** By the solutions of a ballot: they are drawn once for all its pairs. */
const latelyDrawn = new WeakMap<Vote["solutions"], Drawn>();

const placesOf = (voter: Tools, solutions: Vote["solutions"]): Drawn["places"] => {
  const known = latelyDrawn.get(solutions);
  if (known?.voter === voter) return known.places;
  const draw = hashesAfter(voter.config.seed, voter.name, "shown");
  const places = new Map(Object.keys(solutions).map((id) => [id, draw(id)] as const));
  latelyDrawn.set(solutions, { voter, places });
  return places;
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
  const [shownFirst, shownSecond] = shownOrder(tools, pair, solutions);
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const plain = { question: text, first: solutions[shownFirst] ?? "", second: solutions[shownSecond] ?? "" };
  const isRemarked = remarks.length > 0 && attempt === 0;
  const remarked = isRemarked ? { ...plain, ...shownRemarks(remarks, shownFirst, shownSecond) } : plain;
  const variables = overflowOf(tools, "voter", remarked) === undefined ? remarked : plain;
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "voter", variables, id, about: question, attempt, adapter },
    signal,
  );
  const ballot = tools.pack.ballot(reply);
  if (ballot === undefined) throw new UnparsableReply("voter", reply);
  const choice = ballot === "first" ? shownFirst : shownSecond;
  const cast = { pair: pair.pair, voter: tools.name, adapter, choice, shownFirst, text: reply, tokens };
  return [{ type: "ballot.cast", question, ballots: [cast] }];
};
