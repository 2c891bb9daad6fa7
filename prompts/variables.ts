import type { TemplateVariables } from "./template.ts";

/** Every prompt of a pack; `example` renders one elite few-shot example. */
export const PROMPT_NAMES = [
  "generator",
  "solver",
  "verifier",
  "voter",
  "explainer",
  "example",
  "reviewer",
] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];
/** The prompts that a model is asked. */
export type AskedPrompt = Exclude<PromptName, "example">;

/** The variables a template must hold and, after them, those it may hold (empty where not given). */
export const PROMPT_VARIABLES: Readonly<Record<PromptName, TemplateVariables>> = {
  generator: { required: ["difficulty"], optional: ["topic", "level", "rubric", "ending"] },
  solver: { required: ["examples", "question"], optional: ["ending"] },
  verifier: { required: ["question", "solution"], optional: ["ending"] },
  voter: {
    required: ["question", "first", "second"],
    optional: ["remarks", "firstRemarks", "secondRemarks", "ending"],
  },
  explainer: { required: ["question", "solution"], optional: ["remarks", "ending"] },
  example: { required: ["question", "solution", "explanation"], optional: [] },
  reviewer: { required: ["question", "solution"], optional: ["ending"] },
};
