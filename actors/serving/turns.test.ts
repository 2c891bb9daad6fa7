import { describe, expect, onTestFinished, test } from "vitest";
import type { ModelConfig } from "../../runtime/config/config.ts";
import { Limiter } from "../../runtime/model/limiter.ts";
import type { Model, ModelCall } from "../../runtime/model/model.ts";
import {
  type FixtureAnswer,
  type FixtureOptions,
  startModelFixture,
} from "../../runtime/model/model-server.fixture.ts";
import { openaiModel } from "../../runtime/model/openai-model.ts";
import { ServedModel } from "./served-model.ts";
import { Turns } from "./turns.ts";

const call: ModelCall = { role: "solver", prompt: "1+2?", temperature: 0, topP: 1, maxTokens: 8 };
const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A fake vLLM for each endpoint, with models: `ant` and `bee` at the first, `cat` at the second. */
const setting = async (options: FixtureOptions & { replies?: FixtureAnswer[]; patience?: number } = {}) => {
  const { replies = [], patience = 5_000, ...rest } = options;
  const answers = Array.from({ length: 20 }, () => ({ text: "ans 3" }));
  const first = await startModelFixture([...replies, ...answers], rest);
  const second = await startModelFixture(answers);
  onTestFinished(async () => void (await Promise.all([first.stop(), second.stop()])));
  const entries = [
    ["ant", first.endpoint, [0]],
    ["bee", first.endpoint, []],
    ["cat", second.endpoint, [1]],
    ["dog", "http://127.0.0.1:9/v1", []],
  ] as const;
  const configs = entries.map(([name, endpoint, sharesSlots]) => ({ name, endpoint, sharesSlots }));
  const models: ReadonlyMap<string, ServedModel> = new Map(
    entries.map(([name, endpoint]) => {
      const given = {
        name,
        model: "scripted",
        endpoint,
        limiter: new Limiter(),
        timeoutSeconds: 5,
        attempts: 1,
      };
      return [name, new ServedModel(openaiModel(given), "/runs/r", { probes: ["1+2?"] })] as const;
    }),
  );
  const turns = new Turns({ models, configs: configs as unknown as ModelConfig[], patience });
  const say = (name: string) => models.get(name)?.complete(call, never);
  return { first, second, models, turns, say };
};

describe("a turn", () => {
  test("concerns only the endpoints on the slot's GPU", async () => {
    const { turns, first, second } = await setting();
    expect([0, 1, 2].map((slot) => turns.isShared(slot))).toEqual([true, true, false]);
    await turns.drain(0, "ant@v1", never);
    await turns.sleep(0);
    expect([first.asleep(), second.asleep()]).toEqual([true, false]);
    await turns.wake(0);
    expect(first.errands).toEqual(["sleep at level 1", "wake up"]);
    expect(second.errands).toEqual([]);
  });

  test("begins when the last call has ended; calls of every model there wait for its end", async () => {
    const { turns, first, say } = await setting({ replies: [{ text: "slow", delaySeconds: 0.1 }] });
    const slow = say("bee");
    await settled();
    const draining = turns.drain(0, "ant@v1", never);
    const waiting = [say("ant"), say("bee")];
    await draining;
    expect((await slow)?.texts).toEqual(["slow"]);
    await turns.sleep(0);
    expect((await say("cat"))?.texts).toEqual(["ans 3"]);
    expect(first.requests).toHaveLength(1);
    await turns.wake(0);
    expect((await Promise.all(waiting)).map((reply) => reply?.texts)).toEqual([["ans 3"], ["ans 3"]]);
    expect(first.errands).toEqual(["sleep at level 1", "wake up"]);
  });

  test("is given up if calls do not end, and lets new calls through again", async () => {
    const { turns, first, say } = await setting({ replies: [{ hang: true }], patience: 60 });
    void say("ant")?.catch(() => {});
    await settled();
    await expect(turns.drain(0, "ant@v1", never)).rejects.toThrow("calls to ant did not end within 0.06 s");
    await turns.wake(0);
    expect((await say("bee"))?.texts).toEqual(["ans 3"]);
    expect(first.errands).toEqual([]);
  });

  test("a turn that cannot put the server to sleep names the fix", async () => {
    const { turns, say } = await setting({ sleepy: false });
    await turns.drain(0, "ant@v1", never);
    await expect(turns.sleep(0)).rejects.toMatchObject({
      code: "model.sleepless",
      message: expect.stringContaining("--enable-sleep-mode and VLLM_SERVER_DEV_MODE=1"),
    });
    await expect(turns.wake(0)).rejects.toMatchObject({ code: "model.sleepless" });
    expect((await say("ant"))?.texts).toEqual(["ans 3"]);
  });

  test("does not end before the worker has left the GPU", async () => {
    const { turns, first } = await setting();
    await turns.drain(0, "ant@v1", never);
    await turns.sleep(0);
    const worker = Promise.withResolvers<void>();
    void turns.occupy(0, worker.promise).catch(() => {});
    const waking = turns.wake(0);
    await settled();
    expect(first.asleep()).toBe(true);
    worker.reject(new Error("killed"));
    await waking;
    expect(first.asleep()).toBe(false);
  });

  test("loads adapters again that the sleep has lost", async () => {
    const { turns, first, models } = await setting({ forgetsAsleep: true });
    await models.get("ant")?.adopt(1);
    await models.get("bee")?.adopt(4);
    await turns.drain(0, "ant@v2", never);
    await turns.sleep(0);
    await turns.wake(0);
    expect(first.adapters().toSorted()).toEqual(["r.ant@v1.1", "r.bee@v4.1"]);
    expect(first.errands).toEqual(["sleep at level 1", "wake up"]);
  });
});

test("a turn that begins while its endpoint wakes from another slot's sends it to sleep once it is awake", async () => {
  const log: string[] = [];
  const waking = Promise.withResolvers<void>();
  const model: Model = {
    name: "ant",
    complete: async () => {
      log.push("call");
      return { texts: ["ans 3"], finish: ["stop"], promptTokens: 1, completionTokens: 1 };
    },
    loadAdapter: async () => {},
    unloadAdapter: async () => {},
    sleep: async () => void log.push("asleep"),
    wake: async () => {
      log.push("waking");
      await waking.promise;
      log.push("awake");
    },
  };
  const ant = new ServedModel(model, "/runs/r");
  const configs = [{ name: "ant", endpoint: "http://127.0.0.1:9/v1", sharesSlots: [0, 1] }];
  const models = new Map([["ant", ant]]);
  const turns = new Turns({ models, configs: configs as unknown as ModelConfig[], patience: 5_000 });
  await turns.drain(0, "ant@v1", never);
  await turns.sleep(0);
  const woken = turns.wake(0);
  await settled();
  await turns.drain(1, "ant@v2", never);
  const asleep = turns.sleep(1).then(() => log.push("ant@v2 trains"));
  await settled();
  waking.resolve();
  await Promise.all([woken, asleep]);
  const waiting = ant.complete(call, never);
  await settled();
  expect(log).toEqual(["asleep", "waking", "awake", "asleep", "ant@v2 trains"]);
  await turns.wake(1);
  await waiting;
  expect(log.slice(5)).toEqual(["waking", "awake", "call"]);
});

test("the end wakes sleeping endpoints; the beginning wakes those that sleep since before a restart", async () => {
  const { turns, first, second, say } = await setting();
  for (const slot of [0, 1]) {
    await turns.drain(slot, "a job", never);
    await turns.sleep(slot);
  }
  await turns.end();
  expect([first.asleep(), second.asleep()]).toEqual([false, false]);
  expect((await say("cat"))?.texts).toEqual(["ans 3"]);
  await turns.drain(0, "a job", never);
  await turns.sleep(0);
  await turns.begin();
  expect(first.asleep()).toBe(false);
});
