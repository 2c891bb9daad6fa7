/** A prompt as a model was asked it. The journal holds its parts; the pack and the model's settings join them. */
import type { AskedPrompt } from "../origin-view.ts";

/** @param examples the few-shot context, as the pack wrote it */
export type PromptOf = (author: string, question: string, examples: string) => AskedPrompt | undefined;

export const knowsNoPrompt: PromptOf = () => undefined;
