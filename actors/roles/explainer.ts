/** The winner explains how it found its solution; students read this beside the solution. */

import type { Explain } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Draft } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";

/** @throws UnparsableReply if the explanation cannot be used in another model's context. */
export const explain = async (
  tools: Tools,
  { id, question, text, winner, remarks }: Explain,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const variables = {
    question: text,
    solution: winner.text,
    remarks: attempt === 0 ? remarks.join("\n") : "",
  };
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "explainer", variables, id, about: question, attempt, adapter },
    signal,
  );
  const explanation = tools.pack.explanation(reply);
  if (explanation === undefined) throw new UnparsableReply("explainer", reply);
  const given = { solutionId: winner.solutionId, author: tools.name, adapter, text: explanation, tokens };
  return [{ type: "explanation.given", question, given }];
};
