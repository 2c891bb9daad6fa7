/** The tests that every kind of the adapter port passes, through the client, against the twin of its server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Limiter } from "../limiter.ts";
import type { Model } from "../model.ts";
import { ModelError } from "../model-error.ts";
import { openaiModel } from "../openai-model.ts";
import { BASE, startTwin, type Twin } from "./adapter-twins.fixture.ts";
import type { AdapterKind } from "./kinds.ts";

export interface Expected {
  readonly kind: AdapterKind;
  /** The twin's name of `r.ant@v1`. */
  readonly name: string;
  /** Whether a second load under a name replaces the first; else it is an error that says so. */
  readonly replaces?: boolean;
  /** Default: the twin of the kind. */
  readonly server?: { readonly title: string; readonly start: () => Promise<Twin> };
}

export const describeAdapterServer = ({ kind, name, replaces = false, server }: Expected): void => {
  describe(`adapters of ${server?.title ?? kind}`, () => {
    let twin: Twin;
    let model: Model;
    let root: string;
    const load = (adapter: string): Promise<void> => {
      const folder = join(root, adapter);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ r: 16, name: adapter }));
      writeFileSync(join(folder, "adapter_model.safetensors"), new Uint8Array([1, 2, 255]));
      return model.loadAdapter(adapter, folder);
    };
    beforeEach(async () => {
      twin = await (server?.start() ?? startTwin(kind));
      root = mkdtempSync(join(tmpdir(), "agora-adapter-"));
      const limiter = new Limiter();
      const clock = { sleep: async () => {}, random: () => 0 };
      const options = { name: "ant", model: BASE, endpoint: twin.endpoint, adapters: kind };
      model = openaiModel({ ...options, limiter, clock, timeoutSeconds: 5, attempts: 2 });
    });
    afterEach(async () => {
      rmSync(root, { recursive: true });
      await twin.stop();
    });
    const ask = async (adapter?: string): Promise<string | undefined> => {
      const call = { role: "solver", prompt: "1+2?", temperature: 0, topP: 1, maxTokens: 8, adapter };
      return (await model.complete(call, new AbortController().signal)).texts[0];
    };

    test("an adapter answers after loading, beside the base and another one", async () => {
      await load("r.ant@v1");
      await load("r.ant@v2");
      expect(twin.adapters()).toHaveLength(2);
      expect([await ask(), await ask("r.ant@v1")]).toEqual(["base", name]);
      expect(await ask("r.ant@v2")).toBe(name.replace("v1", "v2"));
    });

    test("probes ask for the same weights as calls", async () => {
      await load("r.ant@v1");
      expect((await model.probe?.("1+2?", "r.ant@v1"))?.text).toBe(name);
      expect((await model.probe?.("1+2?", undefined))?.text).toBe("base");
    });

    test("an adapter is gone after unloading, and the others stay", async () => {
      await load("r.ant@v1");
      await load("r.ant@v2");
      await model.unloadAdapter("r.ant@v1");
      expect(twin.adapters()).toEqual([name.replace("v1", "v2")]);
      await expect(ask("r.ant@v1")).rejects.toBeInstanceOf(ModelError);
      expect(await ask("r.ant@v2")).toBe(name.replace("v1", "v2"));
    });

    test("a call to an adapter that was never loaded is an error, not an answer of the base", async () => {
      await expect(ask("r.ant@v7")).rejects.toBeInstanceOf(ModelError);
      await expect(model.unloadAdapter("r.ant@v7")).rejects.toBeInstanceOf(ModelError);
    });

    test("a second load under the same name", async () => {
      await load("r.ant@v1");
      const second = load("r.ant@v1");
      if (replaces) await second;
      else await expect(second).rejects.toThrow(/already/i);
      expect(twin.adapters()).toEqual([name]);
    });

    test("a load or unload whose answer is lost succeeds with the next attempt", async () => {
      twin.loseNext();
      await load("r.ant@v1");
      expect(twin.adapters()).toEqual([name]);
      twin.loseNext();
      await model.unloadAdapter("r.ant@v1");
      expect(twin.adapters()).toEqual([]);
    });
  });
};
