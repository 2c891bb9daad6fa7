/** How good a model is in the roles beside solving: its replies to requests whose good reply is known. */
import type { Tools } from "../actors/agent.ts";
import { askModel } from "../actors/roles/ask.ts";
import type { Answer } from "../runtime/messages.ts";
import type { RoleCase } from "../runtime/task.ts";

/** Longer replies are kept in part: they are judged whole. */
const keptLength = 2_000;

/** Answers to the cases of one figure. Seeds hang on places in the list of all cases. @throws ModelError */
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
