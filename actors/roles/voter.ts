/**
 * Says which of two verified solutions is better; the order in which it sees them is drawn for each voter. What others
 * remarked stands beside each; a context that cannot hold it, or that was of no use, goes without.
 */
import { shownRemarks } from "../../machines/folds/remarks.ts";
import { hashesAfter } from "../../machines/random.ts";
import type { Vote } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Ballot, Draft, Pair } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, type Reply, UnparsableReply } from "./ask.ts";
import { overflowOf, type PromptVariables } from "./prompting.ts";

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

/** A pair as a voter sees it. */
interface Shown {
  readonly pair: Pair;
  readonly first: string;
  readonly second: string;
}

/**
 * Each of a pair is first for half of the voters. A voter sees all pairs of a question in one order of the solutions, so
 * that prompts with the same first solution begin alike: a prefix cache computes their beginning once.
 */
const shownTo = (tools: Tools, pair: Pair, solutions: Vote["solutions"]): Shown => {
  const { first, second } = pair;
  const places = placesOf(tools, solutions);
  const isInOrder = (places.get(first) ?? 0) <= (places.get(second) ?? 0);
  return isInOrder ? { pair, first, second } : { pair, first: second, second: first };
};

const variablesOf = (
  tools: Tools,
  { text, solutions, remarks = [] }: Vote,
  { first, second }: Shown,
  attempt: number,
): PromptVariables => {
  const plain = { question: text, first: solutions[first] ?? "", second: solutions[second] ?? "" };
  if (remarks.length === 0 || attempt > 0) return plain;
  const remarked = { ...plain, ...shownRemarks(remarks, first, second) };
  return overflowOf(tools, "voter", remarked) === undefined ? remarked : plain;
};

const castOn = (
  { pack, name }: Tools,
  { pair, first, second }: Shown,
  adapter: number,
  { text, tokens }: Reply,
): Ballot => {
  const said = pack.ballot(text);
  if (said === undefined) throw new UnparsableReply("voter", text);
  const choice = said === "first" ? first : second;
  return { pair: pair.pair, voter: name, adapter, choice, shownFirst: first, text, tokens };
};

/** @throws UnparsableReply where no choice can be found. */
export const vote = (
  tools: Tools,
  work: Vote,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const { id, question, pairs, solutions } = work;
  const pair = pairs[0];
  if (pair === undefined) return Promise.resolve([]);
  const shown = shownTo(tools, pair, solutions);
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const variables = variablesOf(tools, work, shown, attempt);
  const asked = { prompt: "voter", variables, id, about: question, attempt, adapter } as const;
  const cast = (reply: Reply): Draft[] => [
    { type: "ballot.cast", question, ballots: [castOn(tools, shown, adapter, reply)] },
  ];
  return askOnce(tools, asked, signal).then(cast);
};
