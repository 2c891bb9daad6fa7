import { describe, expect, test } from "vitest";
import type { Model, ModelCall } from "../runtime/model/model.ts";
import { adapterFolder, ServedModel } from "./served-model.ts";

const call: ModelCall = { role: "solver", prompt: "1+2?", temperature: 0, topP: 1, maxTokens: 8 };
const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An endpoint that keeps a log; a test may hold its answers back or make loading fail. */
const endpoint = () => {
  const log: string[] = [];
  const held = new Map<string, PromiseWithResolvers<void>>();
  const hold = (what: string) => {
    const gate = Promise.withResolvers<void>();
    held.set(what, gate);
    return gate;
  };
  const model: Model = {
    name: "ant",
    complete: async ({ adapter = "base" }) => {
      log.push(`call ${adapter}`);
      await held.get(`call ${adapter}`)?.promise;
      return { texts: ["ans 3"], finish: ["stop"], promptTokens: 1, completionTokens: 1 };
    },
    loadAdapter: async (name, folder) => {
      log.push(`load ${name} from ${folder}`);
      await held.get(`load ${name}`)?.promise;
    },
    unloadAdapter: async (name) => void log.push(`unload ${name}`),
  };
  return { served: new ServedModel(model, "/runs/r"), log, hold };
};

const load = (version: number): string =>
  `load r.ant@v${version} from ${adapterFolder("/runs/r", "ant", version)}`;

describe("a served model", () => {
  test("speaks with the base model until it adopts a version", async () => {
    const { served, log } = endpoint();
    await served.complete(call, never);
    await served.adopt(1);
    await served.complete(call, never);
    expect(log).toEqual(["call base", load(1), "call r.ant@v1"]);
    expect(served.current).toBe(1);
  });

  test("loads a version once, however many calls ask for it", async () => {
    const { served, log } = endpoint();
    await Promise.all([served.complete(call, never, 2), served.complete(call, never, 2), served.load(2)]);
    expect(log).toEqual([load(2), "call r.ant@v2", "call r.ant@v2"]);
    expect(served.current).toBe(0);
  });

  test("keeps the old version where the new one cannot be loaded, and may try again", async () => {
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

  test("takes an adapter that the endpoint has already for its own", async () => {
    const { served, hold } = endpoint();
    hold("load r.ant@v1").reject(new Error("the adapter is already loaded"));
    await served.adopt(1);
    expect(served.current).toBe(1);
  });

  test("drops the old version when its last call has ended, candidates of the past with it", async () => {
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

  test("does not adopt what was superseded while it was loading", async () => {
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
});
