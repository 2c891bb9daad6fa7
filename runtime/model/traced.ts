/**
 * Spans of model calls, by OpenTelemetry's conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). Without an SDK in the process they cost nothing and go
 * nowhere.
 *
 * 1. All calls about one question are in one trace, in every process of the run: its id is a hash of run and question.
 * 2. Spans carry no prompts, no replies and no keys.
 */
import { createHash } from "node:crypto";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Model, ModelCall, ModelReply } from "./model.ts";
import { ModelError } from "./model-error.ts";

export interface TracedOptions {
  readonly run: string;
  /** Model id at the endpoint. */
  readonly id: string;
  /** URL of the endpoint. */
  readonly endpoint: string;
  /** Default: that of the process's SDK. */
  readonly tracer?: Tracer;
}

/** The parent of the spans about one thing: a span that nobody sends, whose trace they share. */
const traceOf = (run: string, about: string): Context => {
  const hash = createHash("sha256").update(`${run}/${about}`).digest("hex");
  const place = { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
  return trace.setSpanContext(ROOT_CONTEXT, { ...place, traceFlags: TraceFlags.SAMPLED, isRemote: true });
};

const addressOf = (endpoint: string): Attributes => {
  if (!URL.canParse(endpoint)) return {};
  const { hostname, port, protocol } = new URL(endpoint);
  return { "server.address": hostname, "server.port": Number(port) || (protocol === "https:" ? 443 : 80) };
};

const operationOf = ({ form = "chat" }: ModelCall): string => (form === "chat" ? "chat" : "text_completion");

const requestOf = (member: string, { run, id, endpoint }: TracedOptions, call: ModelCall): Attributes => ({
  "gen_ai.operation.name": operationOf(call),
  // The instrumented client: the server behind the endpoint is not known.
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": id,
  "gen_ai.request.max_tokens": call.maxTokens,
  "gen_ai.request.temperature": call.temperature,
  "gen_ai.request.top_p": call.topP,
  ...(call.seed === undefined ? {} : { "gen_ai.request.seed": call.seed }),
  ...((call.n ?? 1) === 1 ? {} : { "gen_ai.request.choice.count": call.n }),
  ...(call.stop && call.stop.length > 0 ? { "gen_ai.request.stop_sequences": [...call.stop] } : {}),
  ...addressOf(endpoint),
  ...{ "agora.run": run, "agora.member": member, "agora.role": call.role },
  ...(call.about === undefined ? {} : { "agora.question": call.about }),
  ...(call.adapter === undefined ? {} : { "agora.adapter": call.adapter }),
});

const responseOf = (call: ModelCall, { finish, promptTokens, completionTokens }: ModelReply): Attributes => ({
  "gen_ai.usage.input_tokens": promptTokens,
  "gen_ai.usage.output_tokens": completionTokens,
  "gen_ai.response.finish_reasons": [...finish],
  ...(call.adapter === undefined ? {} : { "gen_ai.response.model": call.adapter }),
});

const errorTypeOf = (error: unknown, signal: AbortSignal): string => {
  if (signal.aborted) return "aborted";
  return error instanceof ModelError ? error.code : "_OTHER";
};

/** The same model; each `complete` is a span, with its retries. */
export const tracedModel = (model: Model, options: TracedOptions): Model => {
  const tracer = options.tracer ?? trace.getTracer("agora");
  const complete = async (call: ModelCall, signal: AbortSignal): Promise<ModelReply> => {
    const attributes = requestOf(model.name, options, call);
    const name = `${operationOf(call)} ${options.id}`;
    const parent = call.about === undefined ? ROOT_CONTEXT : traceOf(options.run, call.about);
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    try {
      const reply = await model.complete(call, signal);
      span.setAttributes(responseOf(call, reply));
      return reply;
    } catch (error) {
      span.setAttribute("error.type", errorTypeOf(error, signal));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    ...{ name: model.name, complete },
    loadAdapter: model.loadAdapter.bind(model),
    unloadAdapter: model.unloadAdapter.bind(model),
    ...(model.probe ? { probe: model.probe.bind(model) } : {}),
    ...(model.sleep ? { sleep: model.sleep.bind(model) } : {}),
    ...(model.wake ? { wake: model.wake.bind(model) } : {}),
  };
};
