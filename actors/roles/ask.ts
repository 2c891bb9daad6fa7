/** Asks a model: the prompt comes from its pack, sampling from the configuration, the seed from the work's id. */
import { hashOf } from "../../machines/random.ts";
import type { AskedPrompt } from "../../prompts/pack.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Tokens } from "../../runtime/messages.ts";
import type { ModelCall, ModelReply } from "../../runtime/model/model.ts";
import type { Tools } from "../agent.ts";
import type { ServedModel } from "../serving/served-model.ts";
import { chatFor, modelEntry, overflowOf, type PromptVariables, samplingFor } from "./prompting.ts";

export type { AskedPrompt } from "../../prompts/pack.ts";

export interface Question {
  readonly prompt: AskedPrompt;
  readonly variables: PromptVariables;
  /** Replaces the pack's system text if the pack has one, for agent types of your own. */
  readonly system?: string;
  /** The same id and attempt give the same seed. */
  readonly id: string;
  /** Id of the society's question that this is about. */
  readonly about?: string;
  readonly attempt: number;
  readonly n?: number;
  readonly adapter?: number;
  /** The call is metered under this name. Default: the prompt's. */
  readonly role?: string;
  /** Default: the model's in the role. */
  readonly temperature?: number | undefined;
}

/** The pack's parsers cannot read a reply; the next attempt has another seed. */
export class UnparsableReply extends AgoraError<"AGORA_UNPARSABLE"> {
  constructor(role: string, text: string) {
    super("AGORA_UNPARSABLE", `${role} reply cannot be read: ${JSON.stringify(text.slice(0, 200))}`);
  }
}

/** A reply reached its maximum of tokens: its conclusion is missing, and a quotation in it could be mistaken for one. */
export class CutOffReply extends AgoraError<"AGORA_CUT_OFF"> {
  constructor(role: string, maxTokens: number) {
    super("AGORA_CUT_OFF", `${role} reply was cut off after ${maxTokens} tokens`, {
      fix: "raise maxTokens of the model, or its factor",
    });
  }
}

/** An agent without a model asks. */
export class UnknownModel extends AgoraError<"AGORA_MODEL_UNKNOWN"> {
  constructor(name: string) {
    super("AGORA_MODEL_UNKNOWN", `no model serves the agent ${name}`, {
      fix: "add it to the configuration's models",
    });
  }
}

/** A question's phases, in their order. */
const phases: Readonly<Record<Exclude<AskedPrompt, "generator">, number>> = {
  ...{ solver: 0, verifier: 1, reviewer: 2, voter: 3, explainer: 4 },
};

/**
 * Which of its waiting calls a model makes first. What poses questions feeds all models, and goes before everything.
 * Where rounds overlap the later phases come next: questions end one after another, and make room for those of the next
 * round. A round that stands alone goes through the phases with all its questions: what its end waits for are the last
 * explanations, and not one whole question on servers that run dry.
 */
const urgencyOf = (prompt: AskedPrompt, overlap: number): number => {
  if (prompt === "generator") return 5;
  return overlap > 0 ? phases[prompt] : -phases[prompt];
};

const callOf = (
  tools: Tools,
  { prompt, variables, system: own, id, about, attempt, n = 1, role = prompt, temperature }: Question,
): ModelCall => {
  const overflow = overflowOf(tools, prompt, variables);
  if (overflow !== undefined) throw overflow;
  const { system, user } = chatFor(tools, prompt, variables, { system: own });
  const schema = modelEntry(tools)?.structured ? tools.pack.schema(prompt) : undefined;
  const sampling = samplingFor(tools, prompt);
  return {
    role,
    about,
    system,
    prompt: user,
    schema: schema && { name: schema.name, schema: schema.schema },
    n,
    temperature: temperature ?? sampling.temperature,
    topP: sampling.topP,
    maxTokens: sampling.maxTokens,
    stop: sampling.stop,
    urgency: urgencyOf(prompt, tools.config.overlap),
    seed: hashOf(tools.config.seed, tools.name, id, attempt) >>> 1,
  };
};

export interface Reply {
  /** The reply without thinking, as plain text. */
  readonly text: string;
  readonly tokens: Tokens;
}

interface Replies {
  /** One per choice; undefined if it was cut off and the pack wants whole replies. */
  readonly texts: readonly (string | undefined)[];
  /** Of all choices together. */
  readonly tokens: Tokens;
}

const modelOf = ({ models, name }: Tools): ServedModel => {
  const model = models.get(name);
  if (model === undefined) throw new UnknownModel(name);
  return model;
};

/** One choice of the reply to a call; undefined if it was cut off and the pack wants it whole. */
const choiceIn = (
  { texts, finish }: ModelReply,
  index: number,
  { pack }: Tools,
  prompt: AskedPrompt,
  { schema }: ModelCall,
): string | undefined => {
  if (pack.whole && finish[index] === "length") return undefined;
  return pack.reply(prompt, texts[index] ?? "", { structured: schema !== undefined });
};

const tokensOf = ({ promptTokens, completionTokens }: ModelReply): Tokens => ({
  prompt: promptTokens,
  completion: completionTokens,
});

/** @throws ModelError, ContextOverflow */
export const askModel = async (tools: Tools, question: Question, signal: AbortSignal): Promise<Replies> => {
  const model = modelOf(tools);
  const call = callOf(tools, question);
  const reply = await model.complete(call, signal, question.adapter);
  const texts = reply.texts.map((_, index) => choiceIn(reply, index, tools, question.prompt, call));
  return { texts, tokens: tokensOf(reply) };
};

/** The first choice of a reply. */
const firstOf = (reply: ModelReply, tools: Tools, call: ModelCall, prompt: AskedPrompt): Reply => {
  const text = reply.texts.length === 0 ? undefined : choiceIn(reply, 0, tools, prompt, call);
  if (text === undefined) throw new CutOffReply(prompt, call.maxTokens);
  return { text, tokens: tokensOf(reply) };
};

/**
 * One text, the common case. It is no async function: thousands of calls may be under way, and each would keep its frame.
 * @throws ModelError, ContextOverflow, CutOffReply
 */
export const askOnce = (tools: Tools, question: Question, signal: AbortSignal): Promise<Reply> => {
  try {
    const model = modelOf(tools);
    const call = callOf(tools, question);
    const read = (reply: ModelReply): Reply => firstOf(reply, tools, call, question.prompt);
    return model.complete(call, signal, question.adapter).then(read);
  } catch (error) {
    return Promise.reject(error);
  }
};
