/** Prompts on which an adapter differs from the base model: those it was trained for. */
import { oneText } from "../../prompts/chat.ts";
import type { Validation } from "../../runtime/task.ts";
import { type Asked, chatFor } from "../roles/prompting.ts";

/** Number of the anchor's problems to use. */
const PROBES = 4;
/** For a task without an anchor: a question that every pack can express. */
const PLAIN = "7*8-3";

/** Empty if nothing is trained. */
export const probesOf = (asked: Asked, task: Pick<Validation, "anchor">): string[] => {
  const { lora, seed } = asked.config;
  if (!lora) return [];
  const questions = task.anchor(PROBES, seed).map(({ question }) => question);
  return (questions.length > 0 ? questions : [PLAIN]).map((question) =>
    oneText(chatFor(asked, "solver", { question, examples: "" })),
  );
};
