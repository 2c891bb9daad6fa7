/** The tests that every implementation of the model port passes. */
import { afterEach, describe, expect, test } from "vitest";
import type { Model, ModelCall, Usage, UsageListener } from "./model.ts";
import type { ScriptedReply } from "./scripted.ts";

export interface ModelUnderTest {
  readonly model: Model;
  /** Number of calls that the endpoint saw aborted. */
  aborts(): number;
  adapters(): readonly string[];
  close(): Promise<void>;
}

/** Creates a model that gives these replies in order and does not retry. */
export type ModelMaker = (
  replies: readonly ScriptedReply[],
  onUsage: UsageListener,
) => Promise<ModelUnderTest>;

export const plainCall: ModelCall = {
  role: "solver",
  prompt: "7*8?",
  temperature: 0.6,
  topP: 0.95,
  maxTokens: 32,
};
export const never: AbortSignal = new AbortController().signal;

export const describeModel = (name: string, make: ModelMaker): void => {
  describe(`${name} as a model`, () => {
    let subject: ModelUnderTest;
    let usages: Usage[];
    const start = async (...replies: ScriptedReply[]): Promise<Model> => {
      usages = [];
      subject = await make(replies, (usage) => usages.push(usage));
      return subject.model;
    };
    afterEach(() => subject.close());

    test("a reply has the text, its finish reason and its tokens", async () => {
      const model = await start({ text: "7*8=6 ans 6", promptTokens: 5, completionTokens: 9 });
      expect(await model.complete(plainCall, never)).toEqual({
        texts: ["7*8=6 ans 6"],
        finish: ["stop"],
        promptTokens: 5,
        completionTokens: 9,
      });
    });

    test("n choices are returned in order", async () => {
      const model = await start({ text: ["a", "b", "c"], finish: "length" });
      const reply = await model.complete({ ...plainCall, n: 3 }, never);
      expect(reply.texts).toEqual(["a", "b", "c"]);
      expect(reply.finish).toEqual(["length", "length", "length"]);
    });

    test("an empty text is a valid reply", async () => {
      const model = await start("");
      expect((await model.complete(plainCall, never)).texts).toEqual([""]);
    });

    test("a call is metered under its role", async () => {
      const model = await start({ text: "yes", promptTokens: 3, completionTokens: 2 });
      await model.complete({ ...plainCall, role: "verifier" }, never);
      const { seconds, ...rest } = usages[0] ?? { seconds: -1 };
      expect(usages).toHaveLength(1);
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(rest).toEqual({
        model: model.name,
        role: "verifier",
        calls: 1,
        promptTokens: 3,
        completionTokens: 2,
        outcome: "done",
      });
    });

    test("aborting rejects a hanging call with the signal's reason, and the endpoint sees the abort", async () => {
      const model = await start({ hang: true }, "next");
      const controller = new AbortController();
      const reason = new Error("the first refusal ends verification");
      const call = model.complete(plainCall, controller.signal);
      setTimeout(() => controller.abort(reason), 30);
      await expect(call).rejects.toBe(reason);
      await expect.poll(() => subject.aborts()).toBe(1);
      expect(usages).toMatchObject([{ outcome: "aborted", promptTokens: 1, completionTokens: 0 }]);
      expect((await model.complete(plainCall, never)).texts).toEqual(["next"]);
    });

    test("no request is sent if the signal is already aborted", async () => {
      const model = await start("unused");
      await expect(model.complete(plainCall, AbortSignal.abort("over"))).rejects.toBe("over");
      expect(usages).toMatchObject([{ outcome: "aborted", promptTokens: 0 }]);
      expect((await model.complete(plainCall, never)).texts).toEqual(["unused"]);
    });

    test.each([
      [400, "model.refused"],
      [401, "model.unauthorised"],
      [404, "model.missing"],
      [429, "model.busy"],
      [500, "model.failed"],
      [503, "model.failed"],
    ])("status %i is a %s error and is metered", async (status, code) => {
      const model = await start({ fail: status });
      const call = model.complete(plainCall, never);
      await expect(call).rejects.toMatchObject({ name: "ModelError", code, status });
      const promptTokens = status === 500 ? 1 : 0;
      expect(usages).toMatchObject([{ outcome: "failed", calls: 1, promptTokens, completionTokens: 0 }]);
    });

    test("parallel calls get their own replies", async () => {
      const replies = Array.from({ length: 30 }, (_, index) => ({ text: `${index}`, delaySeconds: 0.01 }));
      const model = await start(...replies);
      const calls = replies.map(() => model.complete(plainCall, never));
      const texts = (await Promise.all(calls)).flatMap((reply) => reply.texts);
      expect(texts.map(Number).sort((left, right) => left - right)).toEqual(replies.map((_, index) => index));
      expect(usages).toHaveLength(30);
    });

    test("an adapter can be called after loading and not after unloading", async () => {
      const model = await start("unused", "adapted");
      const call = { ...plainCall, adapter: "ant@v1" };
      await expect(model.complete(call, never)).rejects.toMatchObject({ code: "model.missing" });
      await model.loadAdapter("ant@v1", "runs/x/adapters/ant@v1");
      expect(subject.adapters()).toEqual(["ant@v1"]);
      expect((await model.complete(call, never)).texts).toHaveLength(1);
      await model.unloadAdapter("ant@v1");
      expect(subject.adapters()).toEqual([]);
      await expect(model.complete(call, never)).rejects.toMatchObject({ code: "model.missing" });
    });

    test("loading a name twice and unloading an unknown name are errors", async () => {
      const model = await start();
      await model.loadAdapter("ant@v1", "somewhere");
      await expect(model.loadAdapter("ant@v1", "elsewhere")).rejects.toMatchObject({ code: "model.refused" });
      await expect(model.unloadAdapter("ant@v2")).rejects.toMatchObject({ code: "model.missing" });
    });

    test("a probe distinguishes an adapter from the base model", async () => {
      const model = await start();
      await model.loadAdapter("ant@v1", "somewhere");
      const base = await model.probe?.("7*8?", undefined);
      expect(await model.probe?.("7*8?", undefined)).toEqual(base);
      expect(await model.probe?.("7*8?", "ant@v1")).not.toEqual(base);
      await expect(model.probe?.("7*8?", "ant@v2")).rejects.toMatchObject({ code: "model.missing" });
    });

    test("calls fail while it sleeps and work after waking; repeating sleep or wake does nothing", async () => {
      const model = await start("ans 6");
      await model.sleep?.();
      await model.sleep?.();
      await expect(model.complete(plainCall, never)).rejects.toMatchObject({ code: "model.refused" });
      await model.wake?.();
      await model.wake?.();
      expect((await model.complete(plainCall, never)).texts).toEqual(["ans 6"]);
    });
  });
};
