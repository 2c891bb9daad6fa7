/** Poses a batch: one call returns all texts; each is screened and opened as a question. */
import { pickOne } from "../../machines/random.ts";
import { type Pose, questionIds } from "../../machines/work.ts";
import type { Attempt } from "../../machines/work-order.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Draft } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import type { openQuestion } from "../question.ts";
import { askModel } from "./ask.ts";

/** Maximum choices of one call unless the pack sets it: servers limit n, and smaller calls batch better. */
const mostChoices = 16;

/** Choices of one call for a batch of questions. */
export const choicesAtOnce = ({ settings }: PromptPack, questions: number): number =>
  Math.min(settings.generator.choices ?? mostChoices, questions);

interface Generated {
  readonly text: string | undefined;
  readonly topic: string | undefined;
}

const generate = async (
  tools: Tools,
  work: Pose,
  attempt: number,
  signal: AbortSignal,
): Promise<readonly Generated[]> => {
  const most = choicesAtOnce(tools.pack, work.count);
  const calls = Array.from({ length: Math.ceil(work.count / most) }, async (_, index) => {
    const n = Math.min(most, work.count - index * most);
    const id = `${work.id}/${index}`;
    const topic = pickOne(tools.task.topics ?? [], tools.config.seed, id, attempt);
    const variables = { difficulty: String(work.difficulty), ...(topic === undefined ? {} : { topic }) };
    const { texts } = await askModel(tools, { prompt: "generator", variables, id, attempt, n }, signal);
    return texts.map((text): Generated => ({ text, topic }));
  });
  return (await Promise.all(calls)).flat();
};

/** Generates one question that is not posed, to see whether the model can. */
export const rehearse = async (
  tools: Tools,
  work: Pose,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  await generate(tools, { ...work, count: 1 }, attempt, signal);
  return [];
};

/** Opens each question as an agent, which publishes it; so there are no drafts. */
export const pose = async (
  tools: Tools,
  work: Pose,
  { attempt }: Attempt,
  signal: AbortSignal,
  open: typeof openQuestion,
): Promise<Draft[]> => {
  const generated = await generate(tools, work, attempt, signal);
  signal.throwIfAborted();
  questionIds(work).forEach((question, index) => {
    open(tools, {
      question,
      round: work.round,
      difficulty: work.difficulty,
      text: generated[index]?.text ?? "",
      topic: generated[index]?.topic,
    });
  });
  return [];
};
