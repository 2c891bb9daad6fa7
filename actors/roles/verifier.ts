/** Examines a peer's reasoning and accepts or refuses it. */

import type { Verify } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { Draft } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { askOnce, UnparsableReply } from "./ask.ts";

/** @throws UnparsableReply if the reply neither accepts nor refuses. */
export const verify = async (
  tools: Tools,
  { id, question, text, solution }: Verify,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const adapter = tools.models.get(tools.name)?.current ?? 0;
  const variables = { question: text, solution: solution.text };
  const { text: reply, tokens } = await askOnce(
    tools,
    { prompt: "verifier", variables, id, about: question, attempt, adapter },
    signal,
  );
  const verdict = tools.pack.verdict(reply);
  if (verdict === undefined) throw new UnparsableReply("verifier", reply);
  const given = {
    solutionId: solution.solutionId,
    verifier: tools.name,
    adapter,
    verdict,
    text: reply,
    tokens,
  };
  return [{ type: "verdict.given", question, verdicts: [given] }];
};
