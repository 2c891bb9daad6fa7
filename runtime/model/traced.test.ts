import { type Attributes, type Context, type SpanOptions, type Tracer, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { describeModel } from "./model.conformance.ts";
import type { ModelCall } from "./model.ts";
import { scriptedModel } from "./scripted.ts";
import { tracedModel } from "./traced.ts";

interface Kept {
  readonly name: string;
  readonly kind: number | undefined;
  readonly attributes: Attributes;
  readonly parent: string | undefined;
  status?: number;
  ended: number;
}

/** A tracer that keeps the spans it starts. */
const recording = () => {
  const spans: Kept[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, context?: Context) => {
    const parent = context && trace.getSpanContext(context)?.traceId;
    const span: Kept = { name, kind: options.kind, attributes: { ...options.attributes }, parent, ended: 0 };
    spans.push(span);
    return {
      setAttribute: (key: string, value: string) => Object.assign(span.attributes, { [key]: value }),
      setAttributes: (more: Attributes) => Object.assign(span.attributes, more),
      setStatus: ({ code }: { code: number }) => Object.assign(span, { status: code }),
      end: () => void span.ended++,
    };
  };
  return { spans, tracer: { startSpan } as unknown as Tracer };
};

const call: ModelCall = {
  ...{ role: "solver", prompt: "7*8?", temperature: 0.6, topP: 0.95, maxTokens: 32, n: 2, seed: 7 },
  ...{ stop: ["\n"], about: "q1", adapter: "r.ant@v1" },
};
const { signal } = new AbortController();

const traced = (script: Parameters<typeof scriptedModel>[0]["script"], run = "r") => {
  const { spans, tracer } = recording();
  const endpoint = "http://127.0.0.1:8001/v1";
  const model = tracedModel(scriptedModel({ name: "ant", script }), { run, id: "qwen", endpoint, tracer });
  return { spans, model };
};

describeModel("a traced model", async (replies, onUsage) => {
  const scripted = scriptedModel({ name: "scripted", script: { "*": replies }, onUsage });
  const { tracer } = recording();
  return {
    model: tracedModel(scripted, { run: "r", id: "scripted", endpoint: "pocket", tracer }),
    aborts: () => scripted.aborts,
    adapters: () => scripted.adapters,
    close: async () => {},
  };
});

describe("the span of a call", () => {
  test("has the conventions' name, kind and attributes, and neither prompt nor reply", async () => {
    const { spans, model } = traced({
      solver: () => ({ text: ["56", "57"], promptTokens: 5, completionTokens: 9 }),
    });
    await model.loadAdapter("r.ant@v1", "folder");
    await model.complete(call, signal);
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ name: "chat qwen", kind: 2, ended: 1 });
    expect(spans[0]?.status).toBeUndefined();
    expect(spans[0]?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "qwen",
      "gen_ai.request.max_tokens": 32,
      "gen_ai.request.temperature": 0.6,
      "gen_ai.request.top_p": 0.95,
      "gen_ai.request.seed": 7,
      "gen_ai.request.choice.count": 2,
      "gen_ai.request.stop_sequences": ["\n"],
      "gen_ai.usage.input_tokens": 5,
      "gen_ai.usage.output_tokens": 9,
      "gen_ai.response.finish_reasons": ["stop", "stop"],
      "gen_ai.response.model": "r.ant@v1",
      "server.address": "127.0.0.1",
      "server.port": 8001,
      "agora.run": "r",
      "agora.member": "ant",
      "agora.role": "solver",
      "agora.question": "q1",
      "agora.adapter": "r.ant@v1",
    });
    const { attributes } = spans[0] ?? {};
    expect(JSON.stringify(attributes)).not.toMatch(/7\*8|"5[67]"/);
  });

  test("of a call that fails or is aborted names the kind of its error", async () => {
    const { spans, model } = traced({ solver: () => ({ fail: 401 }) });
    await expect(model.complete({ ...call, adapter: undefined }, signal)).rejects.toThrow("401");
    await expect(model.complete(call, AbortSignal.abort("over"))).rejects.toBe("over");
    expect(spans.map(({ attributes, status, ended }) => [attributes["error.type"], status, ended])).toEqual([
      ["model.unauthorised", 2, 1],
      ["aborted", 2, 1],
    ]);
  });

  test("is in its question's trace, the same in every process of the run", async () => {
    const plain = { ...call, adapter: undefined };
    const [here, there, other] = [
      traced({ "*": () => "56" }),
      traced({ "*": () => "56" }),
      traced({ "*": () => "56" }, "s"),
    ];
    await here.model.complete(plain, signal);
    await here.model.complete({ ...plain, role: "verifier" }, signal);
    await here.model.complete({ ...plain, about: "q2" }, signal);
    await here.model.complete({ ...plain, about: undefined }, signal);
    await there.model.complete(plain, signal);
    await other.model.complete(plain, signal);
    const [solving, verifying, next, alone] = here.spans.map(({ parent }) => parent);
    expect(solving).toMatch(/^[0-9a-f]{32}$/);
    expect(verifying).toBe(solving);
    expect(next).not.toBe(solving);
    expect(alone).toBeUndefined();
    expect(there.spans[0]?.parent).toBe(solving);
    expect(other.spans[0]?.parent).not.toBe(solving);
  });
});
