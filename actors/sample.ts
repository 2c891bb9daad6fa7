/** A buffered example as it is trained on: the prompt as the model was, or will be, asked it. */
import type { TrainingExample } from "../machines/job.ts";
import type { PromptPack } from "../prompts/pack.ts";
import type { TrainingExamples } from "../runtime/training.ts";

export const sampleOf = (
  pack: PromptPack,
  { text, examples, response }: TrainingExample,
): TrainingExamples => ({
  prompt: pack.render("solver", { question: text, examples }),
  response,
});
