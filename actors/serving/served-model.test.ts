import { describe, expect, onTestFinished, test } from "vitest";
import { Limiter } from "../../runtime/model/limiter.ts";
import type { Model, ModelCall } from "../../runtime/model/model.ts";
import { startModelFixture } from "../../runtime/model/model-server.fixture.ts";
import { openaiModel } from "../../runtime/model/openai-model.ts";
import { scriptedModel } from "../../runtime/model/scripted.ts";
import { PermanentError } from "../attempts.ts";
import { adapterFolder, ServedModel } from "./served-model.ts";

const call: ModelCall = { role: "solver", prompt: "1+2?", temperature: 0, topP: 1, maxTokens: 8 };
const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An endpoint that keeps a log; a test can delay its answers or make loading fail. */
const endpoint = () => {
  const log: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const hold = (what: string) => {
    const gate = Promise.withResolvers<void>();
    gates.set(what, gate);
    return gate;
  };
  const model: Model = {
    name: "ant",
    complete: async ({ adapter = "base" }) => {
      log.push(`call ${adapter}`);
      await gates.get(`call ${adapter}`)?.promise;
      return { texts: ["ans 3"], finish: ["stop"], promptTokens: 1, completionTokens: 1 };
    },
    loadAdapter: async (name, folder) => {
      log.push(`load ${name} from ${folder}`);
      await gates.get(`load ${name}`)?.promise;
    },
    unloadAdapter: async (name) => {
      log.push(`unload ${name}`);
      await gates.get(`unload ${name}`)?.promise;
    },
  };
  return { model, served: new ServedModel(model, "/runs/r"), log, hold };
};

const load = (version: number): string =>
  `load r.ant@v${version} from ${adapterFolder("/runs/r", "ant", version)}`;

describe("a served model", () => {
  test("uses the base model until it adopts a version", async () => {
    const { served, log } = endpoint();
    await served.complete(call, never);
    await served.adopt(1);
    await served.complete(call, never);
    expect(log).toEqual(["call base", load(1), "call r.ant@v1"]);
    expect(served.current).toBe(1);
  });

  test("loads a version once for all calls", async () => {
    const { served, log } = endpoint();
    await Promise.all([served.complete(call, never, 2), served.complete(call, never, 2), served.load(2)]);
    expect(log).toEqual([load(2), "call r.ant@v2", "call r.ant@v2"]);
    expect(served.current).toBe(0);
  });

  test("keeps the old version if the new one cannot be loaded, and can try again", async () => {
    const { served, log, hold } = endpoint();
    await served.adopt(1);
    const gate = hold("load r.ant@v2");
    gate.reject(new Error("no such folder"));
    await expect(served.adopt(2)).rejects.toThrow("no such folder");
    await expect(served.complete(call, never, 2)).rejects.toThrow("no such folder");
    expect(served.current).toBe(1);
    await served.complete(call, never);
    expect(log).toEqual([load(1), load(2), load(2), "call r.ant@v1"]);
  });

  test("accepts an adapter that the endpoint has already", async () => {
    const { served, hold } = endpoint();
    hold("load r.ant@v1").reject(new Error("the adapter is already loaded"));
    await served.adopt(1);
    expect(served.current).toBe(1);
  });

  test("unloads the old version and earlier candidates after their last call", async () => {
    const { served, log, hold } = endpoint();
    await served.adopt(1);
    await served.load(2);
    const gate = hold("call r.ant@v1");
    const slow = served.complete(call, never);
    await settled();
    await served.adopt(3);
    expect(log.filter((line) => line.startsWith("unload"))).toEqual(["unload r.ant@v2"]);
    gate.resolve();
    await slow;
    await settled();
    expect(log.at(-1)).toBe("unload r.ant@v1");
  });

  test("does not adopt a version that was superseded while it loaded", async () => {
    const { served, hold } = endpoint();
    const gate = hold("load r.ant@v1");
    const superseded = new AbortController();
    const first = served.adopt(1, superseded.signal);
    superseded.abort(new Error("another version"));
    await served.adopt(2, never);
    gate.resolve();
    await expect(first).rejects.toThrow("another version");
    expect(served.current).toBe(2);
  });

  test("goes back to the base model", async () => {
    const { served, log } = endpoint();
    await served.adopt(1);
    await served.adopt(0);
    await served.complete(call, never);
    expect(log.at(-1)).toBe("call base");
  });

  test("unloads a withdrawn version; a later candidate stays", async () => {
    const { served, log } = endpoint();
    await served.adopt(1);
    await served.adopt(2);
    await served.load(3);
    log.length = 0;
    await served.adopt(1);
    expect(log).toEqual([load(1), "unload r.ant@v2"]);
    expect(served.current).toBe(1);
    await served.complete(call, never, 3);
    await settled();
    expect(log.at(-1)).toBe("call r.ant@v3");
  });

  test("unloads a withdrawn version after its last call when the base model is restored", async () => {
    const { served, log, hold } = endpoint();
    await served.adopt(1);
    const gate = hold("call r.ant@v1");
    const slow = served.complete(call, never);
    await settled();
    await served.adopt(0);
    expect(log.at(-1)).toBe("call r.ant@v1");
    gate.resolve();
    await slow;
    await settled();
    expect(log.at(-1)).toBe("unload r.ant@v1");
  });

  test("unloads a refused candidate, and one that was superseded while it loaded", async () => {
    const { served, log, hold } = endpoint();
    await served.load(1);
    await served.drop(1);
    expect(log).toEqual([load(1), "unload r.ant@v1"]);
    const gate = hold("load r.ant@v2");
    const superseded = new AbortController();
    const adoption = served.adopt(2, superseded.signal);
    await settled();
    superseded.abort(new Error("another version"));
    gate.resolve();
    await expect(adoption).rejects.toThrow("another version");
    expect(log.at(-1)).toBe("unload r.ant@v2");
    await served.drop(7);
    expect(log).toHaveLength(4);
  });

  test("loads a version again only after its unloading, and unloads it only after its loading", async () => {
    const { served, log, hold } = endpoint();
    await served.adopt(2);
    const leaving = hold("unload r.ant@v1");
    await served.complete(call, never, 1);
    const second = served.complete(call, never, 1);
    await settled();
    expect(log.slice(1)).toEqual([load(1), "call r.ant@v1", "unload r.ant@v1"]);
    leaving.resolve();
    await second;
    expect(log.slice(4, 6)).toEqual([load(1), "call r.ant@v1"]);
    await settled();
    log.length = 0;
    const arriving = hold("load r.ant@v3");
    const loading = served.load(3);
    await settled();
    await served.drop(3);
    expect(log).toEqual([load(3)]);
    arriving.resolve();
    await loading;
    await settled();
    expect(log).toEqual([load(3), "unload r.ant@v3"]);
  });
});

describe("a served model that is probed", () => {
  const probed = (options: { ignoresAdapters?: boolean } = {}) => {
    const model = scriptedModel({ name: "ant", script: { "*": () => "ans 3" }, ...options });
    return { model, served: new ServedModel(model, "/runs/r", { probes: ["1+2?"] }) };
  };

  test("serves an adapter that changes the replies", async () => {
    const { model, served } = probed();
    await served.adopt(1);
    expect(model.adapters).toEqual(["r.ant@v1"]);
  });

  test("refuses and unloads an adapter that the endpoint ignores, with the cause", async () => {
    const { model, served } = probed({ ignoresAdapters: true });
    await expect(served.load(1)).rejects.toMatchObject({
      code: "AGORA_ADAPTER_IGNORED",
      message: expect.stringContaining("loaded the adapter r.ant@v1 but answers without it"),
    });
    await expect(served.adopt(1)).rejects.toThrow("but answers without it");
    expect([served.current, model.adapters]).toEqual([0, []]);
  });

  test("finds what its run has loaded before, and nothing of an earlier run of its name", async () => {
    const fixture = await startModelFixture([]);
    onTestFinished(() => fixture.stop());
    const { endpoint } = fixture;
    const given = { name: "ant", model: "scripted", endpoint, limiter: new Limiter(), timeoutSeconds: 5 };
    const servedBy = (created: number) => new ServedModel(openaiModel(given), "/runs/r", { created });
    const earlier = servedBy(1_000_000);
    await earlier.adopt(1);
    await servedBy(1_000_000).adopt(1);
    expect(fixture.adapters()).toEqual([earlier.served(1)]);
    const again = servedBy(2_000_000);
    await again.adopt(1);
    expect(fixture.adapters()).toEqual([earlier.served(1), again.served(1)]);
    expect(again.served(1)).toMatch(/^r\.\w+\.ant@v1$/);
  });

  test("loads an adapter again, once for all calls, if its endpoint was restarted", async () => {
    const fixture = await startModelFixture(Array.from({ length: 9 }, () => ({ text: "ans 3" })));
    onTestFinished(() => fixture.stop());
    const { endpoint } = fixture;
    const given = { name: "ant", model: "scripted", endpoint, limiter: new Limiter(), timeoutSeconds: 5 };
    const model = openaiModel(given);
    const served = new ServedModel(model, "/runs/r", { probes: ["1+2?"] });
    await served.adopt(1);
    await served.complete(call, never);
    const lose = () => model.unloadAdapter("r.ant@v1");
    await lose();
    const replies = await Promise.all([served.complete(call, never), served.complete(call, never)]);
    expect(replies.flatMap(({ texts }) => texts)).toEqual(["ans 3", "ans 3"]);
    expect(fixture.adapters()).toEqual(["r.ant@v1"]);
    await lose();
    await served.verify();
    expect(fixture.adapters()).toEqual(["r.ant@v1.1"]);
  });

  test("loads an adapter again, under a new name, if a sleep has lost it", async () => {
    const fixture = await startModelFixture([], { forgetsAsleep: true });
    onTestFinished(() => fixture.stop());
    const { endpoint } = fixture;
    const given = { name: "ant", model: "scripted", endpoint, limiter: new Limiter(), timeoutSeconds: 5 };
    const served = new ServedModel(openaiModel(given), "/runs/r", { probes: ["1+2?"] });
    await served.adopt(1);
    await served.sleep();
    await served.wake();
    await served.verify();
    expect(fixture.adapters()).toEqual(["r.ant@v1.1"]);
    expect(served.served(1)).toBe("r.ant@v1.1");
    await served.verify();
    expect(fixture.adapters()).toEqual(["r.ant@v1.1"]);
  });
});

describe("a served model whose endpoint is unavailable", () => {
  test("lets calls and adapters wait until it is available", async () => {
    const { served, log } = endpoint();
    await served.adopt(1);
    log.length = 0;
    served.availability.close("its GPU trains ant@v2");
    const waiting = [served.complete(call, never), served.load(2), served.adopt(0)];
    const impatient = new AbortController();
    const gone = served.complete(call, impatient.signal);
    impatient.abort(new Error("too long"));
    await expect(gone).rejects.toThrow("too long");
    await settled();
    expect(log).toEqual([]);
    expect(await served.idle(1000)).toBe(true);
    served.availability.open();
    await Promise.all(waiting);
    expect(log.toSorted()).toEqual(["call r.ant@v1", load(2), "unload r.ant@v1"]);
  });

  test("fails calls permanently with the cause, if they shall abstain", async () => {
    const { model } = endpoint();
    const served = new ServedModel(model, "/runs/r", { whileClosed: "abstain" });
    served.availability.close("its GPU trains ant@v2");
    const refused = served.complete(call, never);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toThrow("its GPU trains ant@v2");
  });
});
