/** Training, loading, publishing and withdrawing adapters in a whole society with scripted models. */
import { describe, expect, test } from "vitest";
import type { Config, ConfigInput } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { ScriptedModel } from "../../runtime/model/scripted.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import { soundScript } from "./scripted-society.ts";
import { ofType, play, sayingOf, servedAs, societyConfig } from "./society.fixture.ts";

const training = { bufferThreshold: 2, updates: 1, rounds: 9, jobAttempts: 1 } as const;

/** Every model has its own endpoint; all share the GPU of the only training slot. */
const sharing = (more: ConfigInput = {}): Config =>
  societyConfig({
    ...training,
    models: ["ant", "bee", "cat"].map((name, index) => ({
      ...{ name, model: name, endpoint: `http://127.0.0.1:${index + 9}/v1`, sharesSlots: [0] },
    })),
    ...more,
  });

const statesOf = (heard: readonly Message[], job: string): string[] => [
  ...new Set(
    ofType(heard, "training.progressed").flatMap((message) => (message.job === job ? message.state : [])),
  ),
];
const jobsOf = (records: readonly Message[]): string[] =>
  ofType(records, "adapter.published")
    .map(({ job }) => job)
    .toSorted();
const failures = (heard: readonly Message[]): string[] =>
  ofType(heard, "agent.failed").map(({ cause }) => cause);

describe("one GPU for serving and training", () => {
  test("takes turns: a server sleeps while a job trains, and gets no calls then", async () => {
    const asleep: boolean[] = [];
    const sound = new TwinTraining();
    const playing = Promise.withResolvers<readonly ScriptedModel[]>();
    const { end, records, heard, parts } = await play(sharing(), {
      training: {
        train: async (order, signal, onStep) => {
          asleep.push(...(await playing.promise).map((model) => model.asleep));
          return sound.train(order, signal, onStep);
        },
      },
      during: async (_, { scripted }) => playing.resolve(scripted),
    });
    expect(end).toEqual({ outcome: "finished", reason: "1 update made" });
    expect(asleep).toEqual(Array(9).fill(true));
    expect(jobsOf(records)).toEqual(["ant@v1", "bee@v1", "cat@v1"]);
    expect(statesOf(heard, "cat@v1")).toEqual([
      ...["queued", "leasing", "draining", "sleeping", "training", "waking", "loading", "gating"],
    ]);
    expect(failures(heard)).toEqual([]);
    const said = JSON.stringify(records);
    expect(said).not.toContain("the endpoint sleeps");
    expect(parts.scripted.map((model) => model.asleep)).toEqual([false, false, false]);
  });

  test("wakes its servers after a failed job", async () => {
    const { end, records, parts } = await play(sharing(), {
      training: { train: () => Promise.reject(new Error("out of memory")) },
    });
    expect(end.outcome).toBe("finished");
    expect(ofType(records, "training.failed").map(({ cause }) => cause)).toEqual(
      Array(3).fill("out of memory"),
    );
    expect(parts.scripted.map((model) => model.asleep)).toEqual([false, false, false]);
  });

  test("wakes its servers when the run is stopped while a job trains", async () => {
    const hanging = Promise.withResolvers<void>();
    const { end, parts } = await play(sharing(), {
      training: {
        train: (_, signal) => {
          hanging.resolve();
          return new Promise((__, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        },
      },
      during: async (run, { scripted }) => {
        await hanging.promise;
        expect(scripted.map((model) => model.asleep)).toEqual([true, true, true]);
        await run.stop();
      },
    });
    expect(end).toEqual({ outcome: "stopped" });
    expect(parts.scripted.map((model) => model.asleep)).toEqual([false, false, false]);
  });

  test("lets sleeping models abstain immediately with whileTraining: abstain", async () => {
    const done = Promise.withResolvers<void>();
    const withheld = sayingOf((message) => JSON.stringify(message).includes("its GPU trains ant@v1"));
    const sound = new TwinTraining();
    const { records } = await play(sharing({ whileTraining: "abstain", externalAnchor: false }), {
      training: {
        train: async (order, signal, onStep) => {
          await done.promise;
          return sound.train(order, signal, onStep);
        },
      },
      onMessage: withheld.onMessage,
      during: async () => {
        await withheld.said;
        done.resolve();
      },
    });
    expect(jobsOf(records)).toHaveLength(3);
  });
});

describe("a published adapter", () => {
  test("is named by every message that it wrote: the version is the one requested from the endpoint", async () => {
    const asked: { readonly author: string; readonly call: ModelCall }[] = [];
    const scripts = Object.fromEntries(
      ["ant", "bee", "cat"].map((author, index) => {
        const { solver } = soundScript(3 + index);
        const logged = (call: ModelCall) => {
          asked.push({ author, call });
          return typeof solver === "function" ? solver(call) : "";
        };
        return [author, { solver: logged }];
      }),
    );
    const config = societyConfig({ ...training, updates: 2, rounds: 20 });
    const { records } = await play(config, { scripts });
    const solutions = ofType(records, "question.settled").flatMap(({ dossier }) =>
      dossier.solutions.map((solution) => ({ ...solution, question: dossier.text })),
    );
    const versions = new Set(solutions.map(({ adapter }) => adapter));
    expect([...versions].toSorted()).toContain(1);
    for (const { author, adapter, question } of solutions) {
      const calls = asked.filter((one) => one.author === author && one.call.prompt.endsWith(`${question}?`));
      const served = adapter === 0 ? undefined : servedAs(author, adapter);
      expect(calls.map(({ call }) => call.adapter)).toContainEqual(served);
    }
  });

  test("a published adapter that its endpoint ignores fails the job with the cause, and no message names it", async () => {
    const { records, parts } = await play(societyConfig(training), { ignoring: ["bee"] });
    expect(jobsOf(records)).toEqual(["ant@v1", "cat@v1"]);
    expect(ofType(records, "training.failed")).toMatchObject([
      {
        job: "bee@v1",
        cause: expect.stringMatching(/loaded the adapter test\.\w+\.bee@v1 but answers without it/),
      },
    ]);
    expect(parts.scripted[1]?.adapters).toEqual([]);
    const bees = ofType(records, "question.settled").flatMap(({ dossier }) =>
      dossier.solutions.filter(({ author }) => author === "bee"),
    );
    expect(bees.every(({ adapter }) => adapter === 0)).toBe(true);
  });

  test("a published adapter that the gate refuses does not stay loaded", async () => {
    const sick = ({ adapter, prompt }: ModelCall) =>
      adapter === undefined ? `ans ${prompt.includes("1+2?") ? 3 : 0}` : "ans 9";
    const config = societyConfig({ ...training, contextShare: 0, gateLevel: 0.5 });
    const { records, parts } = await play(config, { scripts: { cat: { solver: sick } } });
    expect(ofType(records, "adapter.rejected")).toMatchObject([{ job: "cat@v1" }]);
    expect(parts.scripted[2]?.adapters).toEqual([]);
  });

  test("a published adapter that is withdrawn is unloaded", async () => {
    const adopted = sayingOf((message) => message.type === "adapter.published" && message.model === "cat");
    const sound = new TwinTraining();
    // The test ends the run: one that has ended hears nothing any more.
    const { parts } = await play(societyConfig({ ...training, updates: 100_000, rounds: 100_000 }), {
      training: {
        train: (order, signal, onStep) =>
          order.job.endsWith("@v1")
            ? sound.train(order, signal, onStep)
            : Promise.reject(new Error("once only")),
      },
      onMessage: adopted.onMessage,
      during: async ({ tools, models, stop }, { scripted }) => {
        await adopted.said;
        await expect.poll(() => models.get("cat")?.current).toBe(1);
        tools.send([{ type: "adapter.withdrawn", model: "cat", version: 1, restored: 0, cause: "a test" }]);
        await expect
          .poll(() => scripted[2]?.adapters, { timeout: 20_000 })
          .not.toContainEqual(servedAs("cat", 1));
        expect(models.get("cat")?.current).toBe(0);
        await stop();
      },
    });
    expect(parts.scripted[2]?.adapters).not.toContainEqual(servedAs("cat", 1));
  });
});
