/** The winner says how it found its solution: what students will read next to it. */
import type { Attempt } from "../machines/task.ts";
import type { Explain } from "../machines/work.ts";
import type { Draft } from "../runtime/messages.ts";
import type { Tools } from "./agent.ts";
import { askOnce } from "./ask.ts";

export const explain = async (
  tools: Tools,
  { id, question, text, winner, remarks }: Explain,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const slots = { question: text, solution: winner.text, remarks: remarks.join("\n") };
  const reply = await askOnce(tools, { prompt: "explainer", slots, id, attempt, adapter }, signal);
  const given = { solution: winner.solution, author: tools.name, adapter, text: reply.trim() };
  return [{ type: "explanation.given", question, given }];
};
