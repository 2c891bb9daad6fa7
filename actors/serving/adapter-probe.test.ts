import { describe, expect, test } from "vitest";
import type { Model, Probe } from "../../runtime/model/model.ts";
import { assertApplied, IgnoredAdapter, isApplied } from "./adapter-probe.ts";

const reading = (text: string, ...logprobs: number[]): Probe => ({ text, logprobs });
const mute = (text: string): Probe => ({ text, logprobs: undefined });

describe("an adapter", () => {
  test.each([
    ["another text", reading("a", -1), reading("a", -1), reading("b", -1), true],
    ["the same text, likelier", reading("a", -1, -2), reading("a", -1, -2), reading("a", -1, -1.9), true],
    ["the same to the last digit", reading("a", -1), reading("a", -1), reading("a", -1), false],
    ["within rounding", reading("a", -1), reading("a", -1), reading("a", -1.0000001), false],
    ["within the noise of the server", reading("a", -1), reading("a", -1.01), reading("a", -0.98), false],
    ["beyond the noise of the server", reading("a", -1), reading("a", -1.01), reading("a", -0.9), true],
    ["a base that wavers by itself", reading("a", -1), reading("b", -1), reading("c", -1), undefined],
    ["no log-probabilities, another text", mute("a"), mute("a"), mute("b"), true],
    ["no log-probabilities, the same text", mute("a"), mute("a"), mute("a"), undefined],
    ["nothing said at all", reading(""), reading(""), reading(""), undefined],
  ])("with %s", (_, base, again, adapted, expected) => {
    expect(isApplied(base, again, adapted)).toBe(expected);
  });
});

/** A model with given replies for each prompt, with and without the adapter. */
const modelOf = (sayings: Readonly<Record<string, readonly [base: Probe, adapted: Probe]>>) => {
  const asked: string[] = [];
  const model: Model = {
    name: "ant",
    complete: () => Promise.reject(new Error("not asked for")),
    loadAdapter: async () => {},
    unloadAdapter: async () => {},
    probe: async (prompt, adapter) => {
      asked.push(prompt);
      const [base, adapted] = sayings[prompt] ?? [mute(""), mute("")];
      return adapter === undefined ? base : adapted;
    },
  };
  return { model, asked };
};

describe("several prompts", () => {
  test("are tried until one shows that the adapter is applied", async () => {
    const { model, asked } = modelOf({
      a: [reading("x", -1), reading("x", -1)],
      b: [reading("x", -1), reading("y", -1)],
      c: [reading("x", -1), reading("y", -1)],
    });
    await assertApplied(model, "ant@v1", ["a", "b", "c"]);
    expect([...new Set(asked)]).toEqual(["a", "b"]);
  });

  test("are an error if all agree with the base model and one of them is certain", async () => {
    const { model } = modelOf({ a: [mute("x"), mute("x")], b: [reading("x", -1), reading("x", -1)] });
    await expect(assertApplied(model, "ant@v1", ["a", "b"])).rejects.toBeInstanceOf(IgnoredAdapter);
  });

  test("are no error if none of them is certain", async () => {
    const { model } = modelOf({ a: [mute("x"), mute("x")] });
    await assertApplied(model, "ant@v1", ["a"]);
    await assertApplied({ ...model, probe: undefined } as unknown as Model, "ant@v1", ["a"]);
  });
});
