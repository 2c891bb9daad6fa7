/**
 * Real servers for tests. `.ci/servers` installs them and names their programs in the environment; elsewhere the tests
 * are skipped, unless AGORA_REQUIRE names `vllm` or `llamacpp`.
 */
import { join } from "node:path";
import { mergeAdapter, readAdapter } from "../../pocket/engine/adapter.ts";
import { type Checkpoint, readCheckpoint } from "../../pocket/engine/checkpoint.ts";
import { logitsOf } from "../../pocket/engine/logits.fixture.ts";
import { readTokenizer } from "../../pocket/engine/tokenizer.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";

/** Heads of this size and above are the ones that vLLM's attention on the CPU takes. */
const SMALLEST_HEAD = 32;

export const baseFolder = (model: string): string => join(POCKET_FOLDER, model);

/** Whether tests of a server are skipped, and the reason as a part of their title. */
export interface Presence {
  readonly skipped: boolean;
  readonly note: string;
}

/** `variables`: what `.ci/servers` sets. */
export const presenceOf = (
  name: "vllm" | "llamacpp",
  variables: readonly string[],
  model: string,
): Presence => {
  const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes(name);
  const missing = variables.filter((variable) => !process.env[variable]);
  const size = readCheckpoint(baseFolder(model)).shape.headDimension;
  const lack =
    missing.length > 0
      ? `.ci/servers installs it and sets ${missing.join(" and ")}`
      : size < SMALLEST_HEAD
        ? `${model}'s heads have size ${size}, and ${SMALLEST_HEAD} is the smallest it takes`
        : undefined;
  if (lack === undefined) return { skipped: false, note: "" };
  if (required) throw new Error(`AGORA_REQUIRE names ${name}: ${lack}`);
  return { skipped: true, note: ` (skipped: ${lack})` };
};

/** Log-probability of each token after the one before it, by the embedded engine in single precision [nats]. */
const logprobsOf = (checkpoint: Checkpoint, tokens: readonly number[]): number[] => {
  const all = logitsOf(checkpoint, tokens);
  return tokens.slice(1).map((token, position) => {
    const logits = all[position] ?? [];
    const highest = Math.max(...logits);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    return (logits[token] ?? Number.NaN) - highest - Math.log(sum);
  });
};

/** What the weights of a version say to a text that a server has written [nats per token]. */
export const expectedLogprobs = (
  model: string,
  adapter: string | undefined,
  { prompt, text }: { readonly prompt: string; readonly text: string },
): number[] => {
  const base = baseFolder(model);
  const checkpoint = readCheckpoint(base);
  const tokenizer = readTokenizer(base, checkpoint.shape);
  const weights =
    adapter === undefined ? checkpoint : mergeAdapter(checkpoint, readAdapter(adapter, checkpoint.shape));
  const asked = [tokenizer.beginToken, ...tokenizer.encode(prompt)];
  const whole = [tokenizer.beginToken, ...tokenizer.encode(prompt + text)];
  return logprobsOf(weights, whole).slice(asked.length - 1);
};

export interface Answer {
  readonly text: string;
  /** [nats per token] */
  readonly logprobs: readonly number[];
  /** Prompt tokens that the server took from its prefix cache. */
  readonly cached: number;
}

interface Completion {
  readonly choices: readonly [
    {
      readonly message: { readonly content: string };
      readonly logprobs: { readonly content: readonly { readonly logprob: number }[] };
    },
  ];
  readonly usage: { readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null };
}

/** The greedy answer of a served name. @throws Error with the answer of a server that refuses */
export const greedy = async (endpoint: string, served: string, prompt: string): Promise<Answer> => {
  const response = await fetch(`${endpoint}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ model: served, messages: [{ role: "user", content: prompt }] },
      ...{ temperature: 0, max_tokens: 12, logprobs: true, top_logprobs: 1 },
    }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  const { choices, usage } = (await response.json()) as Completion;
  const [{ message, logprobs }] = choices;
  return {
    text: message.content,
    logprobs: logprobs.content.map(({ logprob }) => logprob),
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
};

/** The largest difference of the log-probabilities that both have [nats]. */
export const largestGap = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(
    ...expected.slice(0, found.length).map((value, index) => Math.abs(value - (found[index] ?? Number.NaN))),
  );
