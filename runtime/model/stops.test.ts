import { expect, onTestFinished, test } from "vitest";
import { Limiter } from "./limiter.ts";
import type { ModelReply } from "./model.ts";
import { startModelFixture } from "./model-server.fixture.ts";
import { openaiModel } from "./openai-model.ts";
import { plainDialect } from "./openai-wire.ts";
import { cutAtStops } from "./stops.ts";

const replyOf = (...texts: string[]): ModelReply => ({
  ...{ texts, promptTokens: 1, completionTokens: 9 },
  finish: texts.map(() => "length" as const),
});

test("a text ends before its first stop string", () => {
  const reply = cutAtStops(replyOf("ans 3\n7*8?", "ans 3\n", "ans 3", "", "a;b\nc"), ["\n", ";"]);
  expect(reply.texts).toEqual(["ans 3", "ans 3", "ans 3", "", "a"]);
  expect(reply.finish).toEqual(["stop", "stop", "length", "length", "stop"]);
  expect(reply.completionTokens).toBe(9);
});

test("without stop strings texts are unchanged", () => {
  expect(cutAtStops(replyOf("a\nb"), [])).toEqual(replyOf("a\nb"));
});

test("an endpoint without support for stop strings is sent none, and its texts are cut", async () => {
  const fixture = await startModelFixture([{ text: "ans 3\n7*8?" }, { text: "ans 3\n7*8?" }]);
  onTestFinished(() => fixture.stop());
  const { endpoint } = fixture;
  const call = { role: "solver", prompt: "1+2?", temperature: 0, topP: 1, maxTokens: 8, stop: ["\n"] };
  for (const stops of [true, false]) {
    const given = { name: "ant", model: "scripted", endpoint, limiter: new Limiter(), timeoutSeconds: 5 };
    const dialect = { ...plainDialect, stops };
    const { texts } = await openaiModel({ ...given, dialect }).complete(call, new AbortController().signal);
    expect(texts).toEqual(["ans 3"]);
  }
  expect(fixture.requests.map(({ stop }) => stop)).toEqual([["\n"], undefined]);
});
