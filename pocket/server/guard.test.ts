import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PocketServer, servePocket } from "./serve.ts";
import { ScriptedEngine, serveOne } from "./server.fixture.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "agora-guard-"));
  for (const folder of ["allowed/one", "allowed-not/two", "secret"]) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(
      join(root, folder, "adapter_config.json"),
      JSON.stringify({ base_model_name_or_path: "tiny" }),
    );
  }
  symlinkSync(join(root, "secret"), join(root, "allowed/link"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Status of a GET with these headers; `fetch` does not send a `Host` of ours. */
const statusOf = (server: PocketServer, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(`${server.url}/v1/models`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });

describe("on loopback", () => {
  test("the server answers to loopback names only (DNS rebinding)", async () => {
    const { server } = await serveOne();
    for (const host of ["localhost:1", "127.0.0.1", "127.9.9.9:80", "[::1]:80"])
      expect([host, await statusOf(server, { host })]).toEqual([host, 200]);
    for (const host of ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example:80"])
      expect([host, await statusOf(server, { host })]).toEqual([host, 403]);
  });
});

describe("beyond loopback", () => {
  const models = () => [{ name: "tiny", engine: new ScriptedEngine() }];

  test("it does not start without a key", async () => {
    await expect(servePocket({ models: models(), host: "0.0.0.0" })).rejects.toMatchObject({
      code: "no_key",
    });
  });

  test("clients need the key, callers in the process do not", async () => {
    const { server } = await serveOne(undefined, { host: "0.0.0.0", apiKey: "open sesame" });
    const given = ["", "open sesame", "Bearer open", "Bearer open sesame!", "bearer open sesame"];
    for (const authorization of given)
      expect([authorization, await statusOf(server, { authorization })]).toEqual([authorization, 401]);
    expect(await statusOf(server, { authorization: "Bearer open sesame" })).toBe(200);
    expect((await server.fetch(`${server.url}/v1/models`)).status).toBe(200);
  });
});

test.each([
  ["allowed/one", 200],
  ["allowed/../allowed/one", 200],
  ["secret", 403],
  ["allowed", 403],
  ["allowed/../secret", 403],
  ["allowed-not/two", 403],
  ["allowed/link", 403],
])("an adapter in %s gives %i", async (path, status) => {
  const { server, engine } = await serveOne(undefined, { adapterFolders: [join(root, "allowed")] });
  const answer = await fetch(`${server.url}/v1/load_lora_adapter`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ lora_name: "v1", lora_path: `${root}/${path}` }),
  });
  expect(answer.status).toBe(status);
  expect(engine.adapters()).toEqual(status === 200 ? ["v1"] : []);
});
