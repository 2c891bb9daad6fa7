/** The common part of `/v1/chat/completions` and `/v1/completions`, from plan to response. */
import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { Plan } from "./plan.ts";
import type { SharedRequest } from "./requests.ts";
import { type Heading, usageOf } from "./responses.ts";
import { abortWith, runSequences } from "./sequences.ts";
import type { AnswerShape } from "./shape.ts";
import { streamAnswer } from "./streaming.ts";

/** @throws RequestError 429 if the model's sequence limit is reached, before any work or streaming */
export const answer = async (
  context: Context,
  plan: Plan,
  body: Pick<SharedRequest, "stream" | "stream_options">,
  shape: AnswerShape,
): Promise<Response> => {
  const abort = abortWith(context.req.raw.signal);
  plan.target.model.limit.take(plan.target.name, plan.requests.length);
  const heading = headingOf(plan, shape, body.stream === true);
  if (body.stream) {
    const includeUsage = body.stream_options?.include_usage === true;
    return streamAnswer(plan, shape, heading, { abort, includeUsage });
  }
  const generations = await runSequences(plan, abort);
  const choices = generations.map((generation, index) => shape.choice(index, generation));
  return context.json({ ...heading, choices, usage: usageOf(plan, generations) });
};

const headingOf = (plan: Plan, shape: AnswerShape, streamed: boolean): Heading => ({
  id: `${shape.idPrefix}-${randomUUID()}`,
  object: streamed ? shape.chunkObject : shape.object,
  created: Math.floor(Date.now() / 1000),
  model: plan.target.name,
});
