/** Prompts for one model: from its pack, by its capabilities, within its context. */
import { latest } from "../../machines/folds/latest.ts";
import { type Chat, oneText } from "../../prompts/chat.ts";
import type { AskedPrompt, ReplyForm } from "../../prompts/pack.ts";
import type { ModelConfig, ModelRole } from "../../runtime/config/config.ts";
import type { Exemplar } from "../../runtime/messages.ts";
import type { Tools } from "../agent.ts";
import { PermanentError } from "../attempts.ts";

export type PromptVariables = Readonly<Record<string, string>>;

/** The asked agent, its pack and the configuration. */
export type Asked = Pick<Tools, "config" | "name" | "pack">;

const entriesByName = latest(
  (models: readonly ModelConfig[]) => new Map(models.map((entry) => [entry.name, entry] as const)),
);

/** The configuration of the agent's model; undefined for agents without one. */
export const modelEntry = ({ config, name }: Asked): ModelConfig | undefined =>
  entriesByName(config.models).get(name);

/** The same tools with another model's name and pack. */
export const asModel = (tools: Tools, name: string): Tools => ({ ...tools, name, pack: tools.packOf(name) });

/** `system` replaces the pack's system text if the pack has one. */
export interface Framing extends ReplyForm {
  readonly system?: string | undefined;
}

/** For a model without a system role the system text is put before the user's. `structured` defaults to the model's. */
export const chatFor = (
  tools: Asked,
  prompt: AskedPrompt,
  variables: PromptVariables,
  framing: Framing = {},
): Chat => {
  const entry = modelEntry(tools);
  const { systemRole = true } = entry ?? {};
  const { structured = entry?.structured ?? false } = framing;
  const packed = tools.pack.chat(prompt, variables, { structured });
  const isReframed = packed.system !== undefined && framing.system !== undefined;
  const chat = isReframed ? { ...packed, system: framing.system } : packed;
  return systemRole ? chat : { system: undefined, user: oneText(chat) };
};

/** The few-shot context as the pack writes it; the best example stands last, next to the question. */
export const renderExamples = ({ pack }: Tools, exemplars: readonly Exemplar[]): string =>
  pack.examples(
    exemplars
      .toReversed()
      .map(({ text, solution, explanation }) => ({ question: text, solution, explanation })),
  );

export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

type ByRole<Value> = Value | Readonly<Partial<Record<ModelRole, Value>>> | undefined;

const forRole = (setting: ByRole<number>, role: ModelRole): number | undefined =>
  typeof setting === "object" ? setting[role] : setting;

/** By the agent whose tools they are: its settings stay as they are while it lives. */
const samplings = new WeakMap<Asked, Map<AskedPrompt, Sampling>>();

/** The model's own settings override the pack's, and these the run's. */
export const samplingFor = (tools: Asked, role: AskedPrompt): Sampling => {
  const known = samplings.get(tools) ?? new Map<AskedPrompt, Sampling>();
  const sampling = known.get(role);
  if (sampling !== undefined) return sampling;
  const fresh = samplingOf(tools, role);
  samplings.set(tools, known.set(role, fresh));
  return fresh;
};

const samplingOf = (tools: Asked, role: AskedPrompt): Sampling => {
  const { config, pack } = tools;
  const { temperature, topP, maxTokens, maxTokensFactor = 1 } = modelEntry(tools) ?? {};
  const settings = pack.settings[role];
  return {
    temperature: forRole(temperature, role) ?? settings.temperature ?? config.temperature,
    topP: forRole(topP, role) ?? settings.topP ?? config.topP,
    maxTokens: forRole(maxTokens, role) ?? Math.ceil(settings.maxTokens * maxTokensFactor),
    stop: settings.stop,
  };
};

/** A prompt that does not fit into the model's context. */
export class ContextOverflow extends PermanentError {
  constructor(name: string, role: AskedPrompt, prompt: number, reply: number, context: number) {
    super(
      `the ${role} prompt for ${name} takes about ${prompt} tokens and its reply up to ${reply}, but its contextLength is ${context}`,
      `raise contextLength of ${name} together with the endpoint's own, or lower its maxTokens`,
    );
  }
}

/** A careful estimate for English and mathematics; in other scripts a character counts about one token. */
const bytesPerToken = 3;
/** What chat templates add around the messages [tokens]. */
const templateTokens = 32;

const estimatedTokens = ({ system = "", user }: Chat): number =>
  Math.ceil((Buffer.byteLength(system) + Buffer.byteLength(user)) / bytesPerToken) + templateTokens;

/** The error of a prompt that does not fit into its model's context; undefined if it fits or the length is unknown. */
export const overflowOf = (
  tools: Tools,
  role: AskedPrompt,
  variables: PromptVariables,
): ContextOverflow | undefined => {
  const { contextLength } = modelEntry(tools) ?? {};
  if (contextLength === undefined) return undefined;
  const prompt = estimatedTokens(chatFor(tools, role, variables));
  const { maxTokens } = samplingFor(tools, role);
  if (prompt + maxTokens <= contextLength) return undefined;
  return new ContextOverflow(tools.name, role, prompt, maxTokens, contextLength);
};
