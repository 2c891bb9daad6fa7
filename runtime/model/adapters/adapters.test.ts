import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Limiter } from "../limiter.ts";
import { openaiModel } from "../openai-model.ts";
import { describeAdapterServer } from "./adapter-server.conformance.ts";
import { BASE, startTwin } from "./adapter-twins.fixture.ts";
import { adapterKindOf } from "./kinds.ts";

describeAdapterServer({ kind: "vllm", name: "r.ant@v1" });
describeAdapterServer({ kind: "sglang", name: "r.ant@v1" });
describeAdapterServer({ kind: "ollama", name: "r.ant-v1", replaces: true });

test("Ollama gets each file of an adapter once", async () => {
  const twin = await startTwin("ollama");
  const folder = mkdtempSync(join(tmpdir(), "agora-ollama-"));
  onTestFinished(async () => {
    rmSync(folder, { recursive: true });
    await twin.stop();
  });
  writeFileSync(join(folder, "adapter_config.json"), "{}");
  writeFileSync(join(folder, "adapter_model.safetensors"), "weights");
  const options = { name: "ant", model: BASE, endpoint: twin.endpoint, adapters: "ollama" as const };
  const model = openaiModel({ ...options, limiter: new Limiter(), timeoutSeconds: 5, attempts: 1 });
  await model.loadAdapter("r.ant@v1", folder);
  await model.loadAdapter("r.bee@v1", folder);
  expect(twin.errands.map((errand) => errand.replace(/sha256:\w+/, "…"))).toEqual([
    ...[
      "HEAD /api/blobs/…",
      "POST /api/blobs/…",
      "HEAD /api/blobs/…",
      "POST /api/blobs/…",
      "POST /api/create",
    ],
    ...["HEAD /api/blobs/…", "HEAD /api/blobs/…", "POST /api/create"],
  ]);
});

test("true stands for vLLM's endpoints, false for none", () => {
  expect([true, false, "sglang" as const].map(adapterKindOf)).toEqual(["vllm", undefined, "sglang"]);
});
