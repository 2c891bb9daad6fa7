/** How a model is asked: prompt from the pack, sampling from the configuration, a seed that the work's id decides. */
import { hashOf } from "../machines/random.ts";
import type { PromptName } from "../prompts/pack.ts";
import type { ModelReply } from "../runtime/model/model.ts";
import type { Tools } from "./agent.ts";

export type AskedPrompt = Exclude<PromptName, "example">;

export interface Question {
  readonly prompt: AskedPrompt;
  readonly slots: Readonly<Record<string, string>>;
  /** Names the call for good: same id, same attempt, same seed. */
  readonly id: string;
  readonly attempt: number;
  readonly n?: number;
  readonly adapter?: number;
}

/** A reply that the pack's parsers could not read: the call is tried again with another seed. */
export class UnparsableReply extends Error {
  readonly code = "AGORA_UNPARSABLE";
  constructor(role: string, text: string) {
    super(`${role} reply cannot be read: ${JSON.stringify(text.slice(0, 200))}`);
  }
}

export const askModel = (tools: Tools, question: Question, signal: AbortSignal): Promise<ModelReply> => {
  const { config, pack, models, name } = tools;
  const model = models.get(name);
  if (model === undefined)
    throw new Error(`no model serves agent ${name}; add it to the configuration's models`);
  const { maxTokens, stop, temperature, topP } = pack.settings[question.prompt];
  const call = {
    role: question.prompt,
    prompt: pack.render(question.prompt, question.slots),
    n: question.n ?? 1,
    temperature: temperature ?? config.temperature,
    topP: topP ?? config.topP,
    maxTokens,
    stop,
    seed: hashOf(config.seed, name, question.id, question.attempt) >>> 1,
  };
  return model.complete(call, signal, question.adapter);
};

/** One text, the common case. */
export const askOnce = async (tools: Tools, question: Question, signal: AbortSignal): Promise<string> => {
  const { texts } = await askModel(tools, question, signal);
  return texts[0] ?? "";
};
