/** Request checks shared by all engines. */
import type { ModelShape } from "./checkpoint.ts";
import { EngineError } from "./errors.ts";
import type { GenerationRequest } from "./port.ts";

/** Throws `request-invalid` or `prompt-too-long`. */
export const checkRequest = (
  request: GenerationRequest,
  shape: Pick<ModelShape, "context" | "vocabulary">,
): void => {
  const { prompt, maxTokens, temperature, topP, seed } = request;
  require(prompt.length > 0, "the prompt is empty", "the beginning-of-sequence token first");
  const foreign = prompt.find((token) => !Number.isInteger(token) || token < 0 || token >= shape.vocabulary);
  require(foreign === undefined, `token ${foreign} is outside the vocabulary of ${shape.vocabulary}`);
  require(Number.isInteger(maxTokens) && maxTokens >= 0, `maxTokens is ${maxTokens}`, "0 or more");
  require(temperature >= 0 && temperature < Infinity, `temperature is ${temperature}`, "0 or more");
  require(topP > 0 && topP <= 1, `topP is ${topP}`, "a number in (0, 1]");
  require(Number.isSafeInteger(seed), `seed is ${seed}`, "an integer");
  if (prompt.length > shape.context) {
    const problem = `The prompt has ${prompt.length} tokens; the model has ${shape.context} positions`;
    throw new EngineError("prompt-too-long", problem, { fix: "shorten it" });
  }
};

const require = (condition: boolean, problem: string, expected?: string): void => {
  if (!condition)
    throw new EngineError("request-invalid", `The request is invalid: ${problem}`, { expected });
};
