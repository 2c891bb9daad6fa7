/** Converts between the model port and `/v1/completions`: texts that a model continues or scores without a chat template. */
import { z } from "zod";
import type { ModelCall, ModelReply, TokenScore } from "./model.ts";
import { type Dialect, samplingBody, spentOn, usageSchema } from "./openai-wire.ts";

const logprobsSchema = z.object({
  token_logprobs: z.array(z.number().nullable()),
  text_offset: z.array(z.number()),
});

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string(),
        finish_reason: z.string().nullish(),
        logprobs: logprobsSchema.nullish(),
      }),
    )
    .min(1),
  usage: usageSchema,
});

/** The echoed prompt comes with its log-probabilities. Some servers draw at least one token. */
const scoring = { echo: true, logprobs: 0, max_tokens: 1, n: 1, temperature: 0 } as const;

export const textBody = (call: ModelCall, model: string, dialect: Dialect) => {
  const { chat_template_kwargs: _chatOnly, ...fields } = dialect.extra;
  return {
    ...samplingBody(call, model, dialect),
    prompt: call.prompt,
    ...fields,
    ...(call.form === "score" ? scoring : {}),
  };
};

/** Without what the server has added to the prompt. */
const scoresIn = (logprobs: z.output<typeof logprobsSchema>, length: number): TokenScore[] =>
  logprobs.text_offset.flatMap((offset, index) =>
    offset < length ? [{ offset, logprob: logprobs.token_logprobs[index] ?? undefined }] : [],
  );

/** @throws z.ZodError that names the missing or wrong field, such as the log-probabilities. */
export const textReplyOf = (answer: unknown, call: ModelCall): ModelReply => {
  const { form, prompt } = call;
  const { choices, usage } = answerSchema.parse(answer);
  const scored = form === "score" ? logprobsSchema.parse(choices[0]?.logprobs) : undefined;
  const texts = choices.map(({ text }) => (scored === undefined ? text : ""));
  return {
    texts,
    finish: choices.map((choice) => (choice.finish_reason === "length" ? "length" : "stop")),
    ...spentOn({ prompt }, texts, usage),
    ...(scored === undefined ? {} : { scores: scoresIn(scored, prompt.length) }),
  };
};
