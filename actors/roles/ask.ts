/** Asks a model: the prompt comes from its pack, sampling from the configuration, the seed from the work's id. */
import { hashOf } from "../../machines/random.ts";
import type { AskedPrompt } from "../../prompts/pack.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Tokens } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Tools } from "../agent.ts";
import { chatFor, modelEntry, overflowOf, type PromptVariables, samplingFor } from "./prompting.ts";

export type { AskedPrompt } from "../../prompts/pack.ts";

export interface Question {
  readonly prompt: AskedPrompt;
  readonly variables: PromptVariables;
  /** Replaces the pack's system text if the pack has one, for agent types of your own. */
  readonly system?: string;
  /** The same id and attempt give the same seed. */
  readonly id: string;
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

/**
 * Which of its waiting calls a model makes first. What poses questions feeds all models, and goes before everything;
 * then the later phases, so that questions end one after another and not all at once: rounds can overlap.
 */
const urgencies: Readonly<Record<AskedPrompt, number>> = {
  ...{ solver: 0, verifier: 1, reviewer: 2, voter: 3, explainer: 4, generator: 5 },
};

const callOf = (
  tools: Tools,
  { prompt, variables, system: own, id, attempt, n = 1, role = prompt, temperature }: Question,
): ModelCall => {
  const overflow = overflowOf(tools, prompt, variables);
  if (overflow !== undefined) throw overflow;
  const { system, user } = chatFor(tools, prompt, variables, { system: own });
  const schema = modelEntry(tools)?.structured ? tools.pack.schema(prompt) : undefined;
  return {
    role,
    ...(system === undefined ? {} : { system }),
    prompt: user,
    ...(schema === undefined ? {} : { schema: { name: schema.name, schema: schema.schema } }),
    n,
    ...samplingFor(tools, prompt),
    ...(temperature === undefined ? {} : { temperature }),
    urgency: urgencies[prompt],
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

/** @throws ModelError, ContextOverflow */
export const askModel = async (tools: Tools, question: Question, signal: AbortSignal): Promise<Replies> => {
  const { pack, models, name } = tools;
  const model = models.get(name);
  if (model === undefined) throw new UnknownModel(name);
  const call = callOf(tools, question);
  const { texts, finish, promptTokens, completionTokens } = await model.complete(
    call,
    signal,
    question.adapter,
  );
  const form = { structured: call.schema !== undefined };
  return {
    texts: texts.map((text, index) =>
      pack.whole && finish[index] === "length" ? undefined : pack.reply(question.prompt, text, form),
    ),
    tokens: { prompt: promptTokens, completion: completionTokens },
  };
};

/** One text, the common case. @throws ModelError, ContextOverflow, CutOffReply */
export const askOnce = async (tools: Tools, question: Question, signal: AbortSignal): Promise<Reply> => {
  const {
    texts: [text],
    tokens,
  } = await askModel(tools, question, signal);
  if (text !== undefined) return { text, tokens };
  throw new CutOffReply(question.prompt, samplingFor(tools, question.prompt).maxTokens);
};
