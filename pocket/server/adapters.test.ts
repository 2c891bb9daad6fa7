import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post, ScriptedEngine, serveModels, serveOne } from "./server.fixture.ts";

const LOAD = "/v1/load_lora_adapter";
const UNLOAD = "/v1/unload_lora_adapter";
const messages = [{ role: "user" as const, content: "?" }];

let folders: string;
beforeAll(() => {
  folders = mkdtempSync(join(tmpdir(), "agora-adapters-"));
});
afterAll(() => rmSync(folders, { recursive: true }));

/** A folder with the only adapter file that the server reads. */
const adapterFolder = (base: string | null, name = "adapter"): string =>
  configurationFolder(JSON.stringify({ peft_type: "LORA", base_model_name_or_path: base }), name);

const configurationFolder = (text: string, name = "adapter"): string => {
  const folder = join(mkdtempSync(join(folders, "one-")), name);
  mkdirSync(folder);
  writeFileSync(join(folder, "adapter_config.json"), text);
  return folder;
};

describe("load and unload", () => {
  test("serves an adapter under its name, with its base model as parent", async () => {
    const { client, engine } = await serveOne(({ adapter }) => (adapter ? "2" : "1"));
    const folder = adapterFolder("tiny");
    const loaded = await client.post("/load_lora_adapter", {
      body: { lora_name: "tiny@v1", lora_path: folder },
    });
    expect(loaded).toBe("Success: LoRA adapter 'tiny@v1' added successfully.");
    const cards = (await client.models.list()).data;
    expect(cards).toMatchObject([
      { id: "tiny", parent: null },
      { id: "tiny@v1", parent: "tiny", root: folder },
    ]);
    const answer = await client.chat.completions.create({ model: "tiny@v1", messages });
    expect(answer.model).toBe("tiny@v1");
    expect(answer.choices[0]?.message.content).toBe("2");
    expect(engine.requests[0]?.adapter).toBe("tiny@v1");
    const base = await client.chat.completions.create({ model: "tiny", messages });
    expect(base.choices[0]?.message.content).toBe("1");
  });

  test("rejects requests for an unloaded adapter", async () => {
    const { client } = await serveOne();
    const body = { lora_name: "v1", lora_path: adapterFolder("tiny") };
    await client.post("/load_lora_adapter", { body });
    await client.post("/unload_lora_adapter", { body: { lora_name: "v1" } });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["tiny"]);
    const answer = client.chat.completions.create({ model: "v1", messages });
    await expect(answer).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    await client.post("/load_lora_adapter", { body });
    expect((await client.models.list()).data).toHaveLength(2);
  });

  test("completes an adapter's running sequences before it unloads the adapter", async () => {
    const { client, engine } = await serveOne(() => "12");
    const lora_path = adapterFolder("tiny");
    await client.post("/load_lora_adapter", { body: { lora_name: "v1", lora_path } });
    const release = engine.hold();
    const answer = client.chat.completions.create({ model: "v1", messages, n: 2 });
    await expect.poll(() => engine.requests.length).toBe(2);
    const unloaded = client.post("/unload_lora_adapter", { body: { lora_name: "v1" } });
    await expect.poll(async () => (await client.models.list()).data.length).toBe(1);
    expect(engine.adapters()).toEqual(["v1"]);
    const again = client.post("/load_lora_adapter", { body: { lora_name: "v1", lora_path } });
    await expect(again).rejects.toMatchObject({ code: "name_taken" });
    release();
    expect((await answer).choices).toHaveLength(2);
    await unloaded;
    expect(engine.adapters()).toEqual([]);
  });

  test("serves adapters that the engine had loaded earlier", async () => {
    const engine = new ScriptedEngine();
    await engine.loadAdapter("early", "somewhere");
    const { client } = await serveModels([{ name: "tiny", engine }]);
    expect(await client.models.retrieve("early")).toMatchObject({
      id: "early",
      parent: "tiny",
      root: "early",
    });
  });
});

describe("a rejected adapter", () => {
  test.each([
    ["the name of a model", "tiny", "served model"],
    ["the name of an adapter", "v1", "already"],
  ])("has %s", async (_, lora_name, reason) => {
    const { server, client } = await serveOne();
    const lora_path = adapterFolder("tiny");
    await client.post("/load_lora_adapter", { body: { lora_name: "v1", lora_path } });
    const refused = await post(server, LOAD, { lora_name, lora_path });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: "name_taken", param: "lora_name", message: expect.stringContaining(reason) } },
    });
  });

  test("is loaded twice at once under one name", async () => {
    const { client, engine } = await serveOne();
    const body = { lora_name: "v1", lora_path: adapterFolder("tiny") };
    const loads = [1, 2].map(() => client.post("/load_lora_adapter", { body }));
    const outcomes = (await Promise.allSettled(loads)).map(({ status }) => status);
    expect(outcomes.sort()).toEqual(["fulfilled", "rejected"]);
    expect(engine.adapters()).toEqual(["v1"]);
  });

  test.each([
    ["does not exist", () => join(folders, "absent"), "ENOENT"],
    ["is not JSON", () => configurationFolder("{"), "JSON"],
    ["does not fit the model", () => adapterFolder("tiny", "broken"), "fit another model"],
  ])("%s", async (_, folder, reason) => {
    const { server } = await serveOne();
    const refused = await post(server, LOAD, { lora_name: "v1", lora_path: folder() });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error: { code: "adapter_unusable", param: "lora_path", message: expect.stringContaining(reason) },
      },
    });
  });

  test("was never loaded", async () => {
    const { server } = await serveOne();
    for (const lora_name of ["v1", "tiny"]) {
      const refused = await post(server, UNLOAD, { lora_name });
      expect(refused).toMatchObject({ status: 404, body: { error: { code: "adapter_not_found" } } });
    }
  });

  test.each([
    [LOAD, { lora_path: "x" }, "lora_name"],
    [LOAD, { lora_name: "x" }, "lora_path"],
    [UNLOAD, {}, "lora_name"],
  ])("%s %j lacks a field", async (path, body, param) => {
    const { server } = await serveOne();
    expect(await post(server, path, body)).toMatchObject({ status: 400, body: { error: { param } } });
  });
});

describe("the base of an adapter with several served models", () => {
  async function serveTwo() {
    const small = new ScriptedEngine();
    const large = new ScriptedEngine();
    const models = [
      { name: "small", engine: small },
      { name: "big", engine: large, folder: "/checkpoints/large" },
    ];
    return { ...(await serveModels(models)), small, large };
  }

  test.each([["big"], ["/checkpoints/large"], ["large"], ["elsewhere/large"]])(
    "is the one its configuration names: %s",
    async (base) => {
      const { client, small, large } = await serveTwo();
      const body = { lora_name: "v1", lora_path: adapterFolder(base) };
      await client.post("/load_lora_adapter", { body });
      expect([small.adapters(), large.adapters()]).toEqual([[], ["v1"]]);
    },
  );

  test("is the one the request names", async () => {
    const { client, small } = await serveTwo();
    const body = { lora_name: "v1", lora_path: adapterFolder("big"), base_model_name: "small" };
    await client.post("/load_lora_adapter", { body });
    expect(small.adapters()).toEqual(["v1"]);
  });

  test.each([["huge"], [null]])("must be a served model: %s", async (base) => {
    const { server } = await serveTwo();
    const lora_path = adapterFolder(base);
    const refused = await post(server, LOAD, { lora_name: "v1", lora_path });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: "base_model_unknown" } } });
    const named = await post(server, LOAD, { lora_name: "v1", lora_path, base_model_name: "huge" });
    expect(named).toMatchObject({ status: 404, body: { error: { code: "model_not_found" } } });
  });
});
