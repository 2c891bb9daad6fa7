/** Poses a batch: one call for all samples, each text screened and opened as a question of its own. */
import type { Attempt } from "../machines/task.ts";
import { type Pose, questionIds } from "../machines/work.ts";
import type { Draft } from "../runtime/messages.ts";
import type { Tools } from "./agent.ts";
import { askModel } from "./ask.ts";
import { openQuestion } from "./question.ts";

/** Samples of one call: servers bound n, and smaller calls spread over a batch. */
const samplesPerCall = 16;

const generate = async (
  tools: Tools,
  work: Pose,
  attempt: number,
  signal: AbortSignal,
): Promise<string[]> => {
  const slots = { difficulty: String(work.difficulty) };
  const calls = Array.from({ length: Math.ceil(work.count / samplesPerCall) }, (_, index) => {
    const n = Math.min(samplesPerCall, work.count - index * samplesPerCall);
    return askModel(tools, { prompt: "generator", slots, id: `${work.id}/${index}`, attempt, n }, signal);
  });
  return (await Promise.all(calls)).flatMap(({ texts }) => texts);
};

/** The questions speak for themselves from here on: there is nothing left to publish. */
export const pose = async (
  tools: Tools,
  work: Pose,
  { attempt }: Attempt,
  signal: AbortSignal,
): Promise<Draft[]> => {
  const texts = await generate(tools, work, attempt, signal);
  signal.throwIfAborted();
  questionIds(work).forEach((question, index) => {
    openQuestion(tools, {
      question,
      round: work.round,
      difficulty: work.difficulty,
      text: texts[index] ?? "",
    });
  });
  return [];
};
