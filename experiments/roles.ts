/** Measures a model in the roles beside solving, by requests with a known good reply. */
import type { Tools } from "../actors/agent.ts";
import { askModel } from "../actors/roles/ask.ts";
import type { Answer } from "../runtime/messages.ts";
import type { RoleCase } from "../runtime/task.ts";

/** Length of the stored part of a reply [characters]; the whole reply is judged. */
const keptLength = 2_000;

/** Answers to the cases of one figure. A case's seed depends on its place among all cases. @throws ModelError */
export const roleAnswers = (
  asked: Tools,
  cases: readonly RoleCase[],
  figure: string,
  adapter: number,
  signal: AbortSignal,
): Promise<Answer[]> =>
  Promise.all(
    cases.flatMap((one, index) =>
      one.figure === figure ? [answerTo(asked, one, index, adapter, signal)] : [],
    ),
  );

const answerTo = async (
  asked: Tools,
  { role, figure, variables, isGood }: RoleCase,
  index: number,
  adapter: number,
  signal: AbortSignal,
): Promise<Answer> => {
  const id = `role:${figure}:${index}`;
  const {
    texts: [reply = ""],
    tokens,
  } = await askModel(asked, { prompt: role, variables, id, attempt: 0, adapter }, signal);
  return { problem: id, answer: reply.slice(0, keptLength), right: isGood(reply), tokens };
};
