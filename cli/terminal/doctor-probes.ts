/**
 * Compares the declared capabilities of a model with those of its endpoint, by one short request each. A wrong
 * declaration fails with the key to set; a capability that is not declared is only mentioned.
 */
import { z } from "zod";
import type { ModelConfig } from "../../runtime/config/config.ts";
import { dialectOf } from "../../runtime/model/openai-wire.ts";
import { type Check, failed, passed } from "./doctor-check.ts";
import type { Demands } from "./doctor-demands.ts";

/** Requests a chat completion; resolves with its choices, or with the status and the text of a failure. */
export type Post = (body: object) => Promise<Answer>;
export type Answer = Completion | { readonly ok: false; readonly problem: string };

const choiceSchema = z.object({
  message: z.object({
    content: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
  }),
  logprobs: z.object({ content: z.array(z.unknown()).nullish() }).nullish(),
});
export type Choice = z.infer<typeof choiceSchema>;
export const completionSchema = z.object({
  choices: z.array(choiceSchema).min(1),
  usage: z.object({ prompt_tokens: z.number() }).nullish(),
});
type Completion = { readonly ok: true } & z.infer<typeof completionSchema>;

/** Independent of language: pocket models only know arithmetic. */
const sum = "2+3?";
const user = { role: "user", content: sum };
const system = { role: "system", content: sum };

const schema = {
  type: "object",
  properties: { answer: { type: "string", enum: ["4", "5"] } },
  required: ["answer"],
  additionalProperties: false,
};

interface Probe {
  readonly key: "systemRole" | "choices" | "stops" | "structured" | "logprobs";
  readonly can: string;
  readonly request: object;
  /** Whether the answer shows the capability; `plain` is the answer to the same prompt without the request. */
  readonly shows: (answer: Completion, plain: Completion) => boolean;
}

/** Some templates drop a system message without a word. */
const reads = ({ usage }: Completion, { usage: plain }: Completion): boolean =>
  !usage || !plain || usage.prompt_tokens > plain.prompt_tokens;

const isAnswer = (text: string): boolean => {
  try {
    return "answer" in JSON.parse(text);
  } catch {
    return false;
  }
};

const probesFor = ({ choices }: Demands): readonly Probe[] => [
  {
    key: "systemRole",
    can: "takes system messages",
    request: { messages: [system, user] },
    shows: reads,
  },
  {
    key: "choices",
    can: `returns ${choices} choices in one call`,
    request: { n: choices, temperature: 1 },
    shows: (answer) => answer.choices.length === choices,
  },
  { key: "stops", can: "takes stop strings", request: { stop: ["\n"] }, shows: () => true },
  {
    key: "structured",
    can: "replies in a JSON schema",
    request: {
      max_tokens: 256,
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    },
    shows: ({ choices: [choice] }) => isAnswer(choice?.message.content ?? ""),
  },
  {
    key: "logprobs",
    can: "returns log-probabilities",
    request: { logprobs: true, top_logprobs: 1 },
    shows: ({ choices: [choice] }) => (choice?.logprobs?.content?.length ?? 0) > 0,
  },
];

const thought = ({ message }: Choice): boolean =>
  Boolean(message.reasoning_content ?? message.reasoning) || /<think|\[THINK\]/i.test(message.content ?? "");

const thinkingFixes: Readonly<Record<ModelConfig["thinking"], string>> = {
  none: "set thinking: off for it, or thinking: on with a maxTokensFactor such as 4",
  off: "its server ignores chat_template_kwargs: turn thinking off there (Ollama: extraBody: { reasoning_effort: none }), or set thinking: on with a maxTokensFactor such as 4",
  on: "",
};

/**
 * The first request is like those of a run; if it fails, no other is made. `declaredOnly`: what is not declared cannot
 * fail, and is not asked for.
 */
export const probeModel = async (
  model: ModelConfig,
  demands: Demands,
  declaredOnly: boolean,
  post: Post,
): Promise<Check[]> => {
  const basics = {
    model: model.model,
    messages: [user],
    max_tokens: 64,
    temperature: 0,
    ...dialectOf(model).extra,
  };
  const first = await post(basics);
  if (!first.ok) return [failed(`${model.name} chat`, first.problem, await fixOf(model, basics, post))];
  const rest: Check[] = [];
  for (const probe of probesFor(demands).filter(({ key }) => model[key] || !declaredOnly))
    rest.push(judged(model, probe, first, await post({ ...basics, ...probe.request })));
  return [passed(`${model.name} chat`, "answers"), judgedThinking(model, first.choices), ...rest];
};

/** Some servers refuse unknown fields. */
const fixOf = async (model: ModelConfig, basics: object, post: Post): Promise<string> => {
  const further = Object.keys(dialectOf(model).extra);
  const bare = Object.fromEntries(Object.entries(basics).filter(([field]) => !further.includes(field)));
  const known = further.length > 0 && (await post(bare)).ok;
  if (!known) return "see the endpoint's own log, and check that it speaks OpenAI's chat completions";
  return `it refuses ${further.join(", ")}: set thinking: none and remove them from extraBody`;
};

const judgedThinking = ({ name, thinking }: ModelConfig, choices: readonly Choice[]): Check => {
  const check = `${name} thinking`;
  const thinks = choices.some(thought);
  if (thinks && thinking !== "on")
    return failed(check, `thinks, although thinking is ${thinking}`, thinkingFixes[thinking]);
  return passed(check, thinks ? "thinks, as declared" : `no thoughts seen, thinking is ${thinking}`);
};

const judged = (model: ModelConfig, { key, can, shows }: Probe, plain: Completion, answer: Answer): Check => {
  const check = `${model.name} ${key}`;
  const works = answer.ok && shows(answer, plain);
  if (works && model[key]) return passed(check, can);
  if (works) return passed(check, `${can}, but this is not declared: ${key}: true would use it`);
  if (!model[key]) return passed(check, "not declared and not supported");
  const detail = answer.ok ? `answers, but does not show that it ${can}` : answer.problem;
  return failed(check, detail, `set ${key}: false for ${model.name}`);
};
