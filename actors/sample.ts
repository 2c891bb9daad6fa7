/** A buffered example as it is trained on: as its model is asked it, elite examples included. */
import type { TrainingExample } from "../machines/job.ts";
import type { TrainingExamples } from "../runtime/training.ts";
import { type Asked, chatFor } from "./prompting.ts";

export const sampleOf = (asked: Asked, { text, examples, response }: TrainingExample): TrainingExamples => {
  const { system, user } = chatFor(asked, "solver", { question: text, examples });
  return { ...(system === undefined ? {} : { system }), prompt: user, response };
};
