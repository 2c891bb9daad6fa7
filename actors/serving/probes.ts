/** Prompts that tell an adapter from the base model: what it was trained to answer. */
import { oneText } from "../../prompts/chat.ts";
import type { Validation } from "../../runtime/task.ts";
import { type Asked, chatFor } from "../roles/prompting.ts";

/** Problems of the anchor that are asked [problems]. */
const PROBES = 4;
/** Where a task has no anchor: a question in every pack's tongue. */
const PLAIN = "7*8-3";

/** Empty where nothing is trained. */
export const probesOf = (asked: Asked, task: Pick<Validation, "anchor">): string[] => {
  const { lora, seed } = asked.config;
  if (!lora) return [];
  const questions = task.anchor(PROBES, seed).map(({ question }) => question);
  return (questions.length > 0 ? questions : [PLAIN]).map((question) =>
    oneText(chatFor(asked, "solver", { question, examples: "" })),
  );
};
