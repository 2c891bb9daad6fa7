/** Downloads from a local server in place of the Hugging Face hub. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { benchmarkFile } from "./benchmarks.ts";
import { fetchOnce } from "./hub.ts";
import { mathTask } from "./math.ts";

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-hub-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

interface Asked {
  readonly url: string;
  readonly token: string | undefined;
}

const startHub = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? "", token: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};

const wanted = { dataset: "someone/something", revision: "abc123", path: "data/test.jsonl" };
const content = '{"question": "1 + 1?", "answer": "2"}\n';
const digest = createHash("sha256").update(content).digest("hex");

/** As the hub: large files lie behind a redirect, which names their checksum. */
const redirecting = (etag: string) => (request: IncomingMessage, response: ServerResponse) => {
  if (request.url?.startsWith("/storage")) response.end(content);
  else response.writeHead(302, { location: "/storage/1", "x-linked-etag": `"${etag}"` }).end();
};

describe("a file of the hub", () => {
  test("is downloaded once, at its revision; only the hub gets the token", async () => {
    const { endpoint, asked } = await startHub(redirecting(digest));
    const file = join(folderOf(), "deep/test.jsonl");
    await fetchOnce(wanted, file, { endpoint, token: "secret" });
    await fetchOnce(wanted, file, { endpoint, token: "secret" });
    expect(readFileSync(file, "utf8")).toBe(content);
    expect(asked).toEqual([
      { url: "/datasets/someone/something/resolve/abc123/data/test.jsonl", token: "Bearer secret" },
      { url: "/storage/1", token: undefined },
    ]);
  });

  test("is refused if its content is not what the hub names, and nothing is left", async () => {
    const { endpoint } = await startHub(redirecting("0".repeat(64)));
    const folder = folderOf();
    await expect(fetchOnce(wanted, join(folder, "a.jsonl"), { endpoint })).rejects.toThrow(
      /data\/test\.jsonl of someone\/something cannot be downloaded: .*checksum.*Fix: put the file at /,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is refused if it has changed since", async () => {
    const { endpoint } = await startHub((_, response) => void response.end(content));
    const file = join(folderOf(), "a.jsonl");
    await fetchOnce(wanted, file, { endpoint });
    writeFileSync(file, "other");
    await expect(fetchOnce(wanted, file, { endpoint })).rejects.toThrow(/is not what was downloaded/);
  });

  test("that is gated, or a hub that cannot be reached, is an error with its fix", async () => {
    const { endpoint } = await startHub((_, response) => void response.writeHead(401).end());
    const folder = folderOf();
    await expect(benchmarkFile("gpqa-diamond", folder, { endpoint })).rejects.toThrow(
      /gpqa_diamond\.csv of Idavidrein\/gpqa cannot be downloaded: the hub answers 401.*set HF_TOKEN/,
    );
    await expect(benchmarkFile("math500", folder, { endpoint: "http://127.0.0.1:9" })).rejects.toMatchObject({
      code: "AGORA_TASK",
    });
  });
});

describe("a benchmark by name", () => {
  test("is read from the folder, or else from the hub", async () => {
    const { endpoint, asked } = await startHub((_, response) => void response.end(content));
    const dataFolder = folderOf();
    writeFileSync(join(dataFolder, "gsm8k.jsonl"), '{"question": "2 + 2?", "answer": "So\\n#### 4"}\n');
    const config = {
      ...{ benchmarks: ["math500", "gsm8k"], benchmarkFiles: {}, benchmarkSamples: { gsm8k: 3 }, dataFolder },
      ...{ externalAnchor: false, gate: false, lora: false, anchorFile: undefined },
    };
    const task = await mathTask(config, { endpoint });
    expect(task.benchmarks).toEqual(["math500", "gsm8k"]);
    expect(task.benchmark("math500", 9, 1).map(({ answer }) => answer)).toEqual(["2"]);
    expect(task.benchmark("gsm8k", 9, 1).map(({ answer }) => answer)).toEqual(["4"]);
    expect(["math500", "gsm8k", "aime24"].map((name) => task.samples?.(name))).toEqual([1, 3, 64]);
    expect(asked.map(({ url }) => url)).toEqual([
      "/datasets/HuggingFaceH4/MATH-500/resolve/6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be/test.jsonl",
    ]);
    await expect(mathTask({ ...config, benchmarks: ["math5000"] }, { endpoint })).rejects.toThrow(
      /no benchmark is called math5000; expected one of math500, gsm8k, gpqa-diamond, aime24/,
    );
  });
});
