/** Says which of two verified solutions is better; which one is shown first is drawn per voter and pair. */
import { chanceOf } from "../../machines/random.ts";
import type { Attempt } from "../../machines/task.ts";
import type { Vote } from "../../machines/work.ts";
import type { Draft } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";

/** @throws UnparsableReply where no choice can be found. */
export const vote = async (
  tools: Tools,
  { id, question, text, pair, solutions }: Vote,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const swapped = chanceOf(tools.config.seed, tools.name, pair.pair) < 0.5;
  const [shownFirst, shownSecond] = swapped ? [pair.second, pair.first] : [pair.first, pair.second];
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const slots = { question: text, first: solutions[shownFirst] ?? "", second: solutions[shownSecond] ?? "" };
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "voter", slots, id, attempt, adapter },
    signal,
  );
  const ballot = tools.pack.ballot(reply);
  if (ballot === undefined) throw new UnparsableReply("voter", reply);
  const choice = ballot === "first" ? shownFirst : shownSecond;
  const cast = { pair: pair.pair, voter: tools.name, adapter, choice, shownFirst, text: reply, tokens };
  return [{ type: "ballot.cast", question, cast }];
};
