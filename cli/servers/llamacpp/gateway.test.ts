/** The gateway before a stand-in for llama.cpp's server; `.ci/servers` tries it before the real one. */
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { describeAdapterServer } from "../../../runtime/model/adapters/adapter-server.conformance.ts";
import { BASE, type Twin } from "../../../runtime/model/adapters/adapter-twins.fixture.ts";
import { Watchdog } from "../watchdog.ts";
import { LlamaGateway } from "./gateway.ts";
import { gatewayApp } from "./gateway-app.ts";

const programOf = (file: string): string[] => [
  process.execPath,
  fileURLToPath(new URL(file, import.meta.url)),
];

interface Started {
  readonly gateway: LlamaGateway;
  readonly url: string;
  /** What the servers printed, a line each. */
  readonly lines: string[];
  loseNext(): void;
  stop(): Promise<void>;
}

const start = async (
  argv: readonly string[] = [],
  { apiKey, startSeconds = 20 }: { readonly apiKey?: string; readonly startSeconds?: number } = {},
): Promise<Started> => {
  const watchdog = new Watchdog();
  const lines: string[] = [];
  const gateway = new LlamaGateway({
    ...{ model: BASE, watchdog, startSeconds, onLine: (line: string) => void lines.push(line) },
    argv: [...programOf("fake-llama.fixture.ts"), ...argv],
    converter: { command: programOf("fake-converter.fixture.ts"), base: "of/hub" },
  });
  await gateway.start();
  const app = gatewayApp(gateway, { apiKey, adapterFolders: [tmpdir()] });
  let isLost = false;
  const server = createAdaptorServer({
    fetch: async (request, env) => {
      const response = await app.fetch(request);
      if (isLost && "incoming" in env) env.incoming.socket.destroy();
      isLost = false;
      return response;
    },
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ gateway, lines, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    loseNext: () => {
      isLost = true;
    },
    stop: async () => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
      await gateway.close();
      watchdog.close();
    },
  };
};

const startTwin = async (): Promise<Twin> => {
  const { gateway, url, loseNext, stop } = await start();
  return { endpoint: `${url}/v1`, adapters: () => gateway.names, errands: [], loseNext, stop };
};

describeAdapterServer({
  ...{ kind: "vllm", name: "r.ant@v1" },
  server: { title: "llama.cpp behind the gateway", start: startTwin },
});

describe("the gateway of llama.cpp", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "agora-gateway-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const startHere = async (...given: Parameters<typeof start>): Promise<Started> => {
    const started = await start(...given);
    onTestFinished(started.stop);
    return started;
  };
  const folderOf = (name: unknown): string => {
    const folder = join(root, String(name));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ name }));
    writeFileSync(join(folder, "adapter_model.safetensors"), "weights");
    return folder;
  };
  const ask = async ({ url }: Started, model?: string): Promise<string> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ model, messages: [] }),
    });
    const { choices } = (await response.json()) as { choices?: [{ message: { content: string } }] };
    return choices?.[0].message.content ?? `HTTP ${response.status}`;
  };
  const lastFiles = ({ lines }: Started): string[] =>
    (lines.findLast((line) => line.startsWith("files ")) ?? "").slice("files ".length).split(",");
  const starts = ({ lines }: Started): number => lines.filter((line) => line.startsWith("pid")).length;

  test("loads that wait for the same calls share one start", async () => {
    const hold = join(root, "hold");
    writeFileSync(hold, "");
    const started = await startHere(["--hold", hold]);
    const call = ask(started, BASE);
    const loads = ["a", "b", "c"].map((name) => started.gateway.load(name, folderOf(name)));
    await expect.poll(() => started.gateway.names.toSorted(), { timeout: 20_000 }).toEqual(["a", "b", "c"]);
    rmSync(hold);
    await Promise.all(loads);
    expect(await call).toBe("base");
    expect(await Promise.all([BASE, "a", "b", "c"].map((name) => ask(started, name)))).toEqual([
      ...["base", "a", "b", "c"],
    ]);
    expect(starts(started)).toBe(2);
  });

  test("calls under way end with the weights they began with, and calls during a load wait for it", async () => {
    const started = await startHere(["--slow", "200"]);
    await started.gateway.load("a", folderOf("a"));
    const before = ["a", BASE, "a"].map((name) => ask(started, name));
    const load = started.gateway.load("b", folderOf("b"));
    const during = Array.from({ length: 20 }, (_, index) => ask(started, index % 2 === 0 ? "a" : BASE));
    await load;
    expect(await Promise.all(before)).toEqual(["a", "base", "a"]);
    expect(new Set(await Promise.all(during.filter((_, index) => index % 2 === 0)))).toEqual(new Set(["a"]));
    expect(new Set(await Promise.all(during.filter((_, index) => index % 2 === 1)))).toEqual(
      new Set(["base"]),
    );
  });

  test("an unloaded adapter is unknown at once, and the places of the others stay right", async () => {
    const started = await startHere();
    for (const name of ["a", "b"]) await started.gateway.load(name, folderOf(name));
    const files = lastFiles(started);
    expect(files.map(existsSync)).toEqual([true, true]);
    started.gateway.unload("a");
    expect(await ask(started, "a")).toBe("HTTP 404");
    expect(await ask(started, "b")).toBe("b");
    await started.gateway.load("c", folderOf("c"));
    expect(started.lines.at(-1)).toMatch(/adapters b,c$/);
    expect(files.map(existsSync)).toEqual([false, true]);
    expect(await Promise.all(["a", "b", "c"].map((name) => ask(started, name)))).toEqual([
      "HTTP 404",
      "b",
      "c",
    ]);
  });

  test("a name that is loaded again stands for the new adapter", async () => {
    const started = await startHere();
    await started.gateway.load("a", folderOf("first"));
    expect(await ask(started, "a")).toBe("first");
    started.gateway.unload("a");
    await started.gateway.load("a", folderOf("second"));
    expect(await ask(started, "a")).toBe("second");
  });

  test("a call without a model is for the base", async () => {
    const started = await startHere();
    await started.gateway.load("a", folderOf("a"));
    expect(await ask(started)).toBe("base");
  });

  test("an adapter with which the server does not start is refused, and the others stay", async () => {
    const started = await startHere();
    await started.gateway.load("a", folderOf("a"));
    await expect(started.gateway.load("x", folderOf("broken"))).rejects.toThrow(
      /does not start with it: .*ended with exit code 3: .*the adapter does not fit/,
    );
    expect(started.gateway.names).toEqual(["a"]);
    expect(await Promise.all(["a", BASE].map((name) => ask(started, name)))).toEqual(["a", "base"]);
    await started.gateway.load("x", folderOf("good"));
    expect(await ask(started, "x")).toBe("good");
  });

  test("a load that arrives while the server starts in vain with another's list is kept", async () => {
    const dumb = join(root, "dumb");
    const started = await startHere(["--dumb", dumb], { startSeconds: 3 });
    const { gateway } = started;
    writeFileSync(dumb, "");
    const refused = gateway.load("stuck", folderOf("stuck")).catch(({ code }) => code);
    await expect.poll(() => starts(started), { timeout: 10_000 }).toBe(2);
    const kept = gateway.load("good", folderOf("good"));
    await expect.poll(() => gateway.names, { timeout: 10_000 }).toContain("good");
    rmSync(dumb);
    expect(await refused).toBe("adapter_unusable");
    await kept;
    expect(gateway.names).toEqual(["good"]);
    expect(await ask(started, "good")).toBe("good");
  });

  test("a name whose second adapter is refused can be loaded again, and others too", async () => {
    const started = await startHere();
    const { gateway } = started;
    await gateway.load("a", folderOf("a"));
    gateway.unload("a");
    await expect(gateway.load("a", folderOf("broken"))).rejects.toThrow("the adapter does not fit");
    await gateway.load("b", folderOf("b"));
    await gateway.load("a", folderOf("good"));
    expect(await Promise.all(["a", "b"].map((name) => ask(started, name)))).toEqual(["good", "b"]);
  });

  test("a folder that cannot be converted is refused with the converter's words", async () => {
    const { gateway } = await startHere();
    await expect(gateway.load("a", folderOf(7))).rejects.toThrow(/No usable LoRA adapter .*KeyError: 'name'/);
    const pickled = folderOf("p");
    rmSync(join(pickled, "adapter_model.safetensors"));
    await expect(gateway.load("p", pickled)).rejects.toThrow("adapter_model.safetensors is missing");
    expect(gateway.names).toEqual([]);
  });

  test("a server that does not become healthy again in time is lost", async () => {
    const dumb = join(root, "dumb");
    const started = await startHere(["--dumb", dumb], { startSeconds: 3 });
    writeFileSync(dumb, "");
    await expect(started.gateway.load("a", folderOf("a"))).rejects.toThrow("was not healthy after 3 s");
    expect((await started.gateway.lost).message).toBe("llama.cpp's server was not healthy after 3 s");
  });

  test("a server that ends by itself, or does not come back, is lost", async () => {
    const gone = join(root, "gone");
    const started = await startHere(["--gone", gone]);
    const other = await startHere();
    writeFileSync(gone, "");
    await expect(started.gateway.load("a", folderOf("a"))).rejects.toThrow("does not fit");
    expect((await started.gateway.lost).message).toMatch(/llama.cpp's server ended with exit code 3/);
    process.kill(Number(/pid (\d+)/.exec(other.lines.join())?.[1]), "SIGKILL");
    expect((await other.gateway.lost).message).toMatch(/llama.cpp's server ended with SIGKILL/);
  });

  test("lists the adapters, and answers only who has the key and folders that are allowed", async () => {
    const started = await startHere([], { apiKey: "secret" });
    await started.gateway.load("a", folderOf("a"));
    const list = (headers: Record<string, string>) => fetch(`${started.url}/v1/models`, { headers });
    expect((await list({})).status).toBe(401);
    const { data } = (await (await list({ authorization: "Bearer secret" })).json()) as {
      data: { id: string }[];
    };
    expect(data.map(({ id }) => id)).toEqual([BASE, "a"]);
    const load = await fetch(`${started.url}/v1/load_lora_adapter`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer secret" },
      body: JSON.stringify({ lora_name: "b", lora_path: "/etc" }),
    });
    expect([load.status, await load.text()]).toEqual([
      403,
      expect.stringContaining("not in a folder of adapters"),
    ]);
    expect((await fetch(`${started.url}/health`)).status).toBe(200);
  });
});
