/**
 * A training sample: the prompt that the model gets in the example's role, with its few-shot context, and the response.
 * Responses are kept as plain text, so the prompt asks for plain text even if the model replies in a schema.
 */
import type { TrainingExample } from "../../machines/folds/example.ts";
import type { TrainingSample } from "../../runtime/training.ts";
import { type Asked, chatFor } from "../roles/prompting.ts";

export const sampleOf = (asked: Asked, example: TrainingExample): TrainingSample => {
  const { role, question: _id, text, response, ...variables } = example;
  const { system, user } = chatFor(asked, role, { question: text, ...variables }, { structured: false });
  return { ...(system === undefined ? {} : { system }), prompt: user, response };
};
