import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { addressAt, addressAtRoot } from "./address.ts";
import { Limiter } from "./limiter.ts";
import { never, plainCall } from "./model.conformance.ts";
import { openaiModel } from "./openai-model.ts";
import { requireReachable } from "./reachable.ts";

test.each([
  ["http://h/v1", "http://h/v1/models", "http://h/sleep?level=1"],
  ["http://h/v1/", "http://h/v1/models", "http://h/sleep?level=1"],
  ["http://h", "http://h/models", "http://h/sleep?level=1"],
  ["https://u:p@h/api/v1", "https://u:p@h/api/v1/models", "https://u:p@h/api/sleep?level=1"],
  ["http://[::1]:8/v1?key=s", "http://[::1]:8/v1/models?key=s", "http://[::1]:8/sleep?key=s&level=1"],
])("the addresses at %s", (endpoint, models, sleep) => {
  expect(addressAt(endpoint, "/models")).toBe(models);
  expect(addressAtRoot(endpoint, "/sleep?level=1")).toBe(sleep);
});

test("every request to an endpoint keeps its query", async () => {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ choices: [{ message: { content: "ans 3" } }] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1?version=2`;
  const limiter = new Limiter();
  const model = openaiModel({ name: "ant", model: "scripted", endpoint, limiter, timeoutSeconds: 5 });
  await requireReachable(endpoint, "ant");
  await model.complete(plainCall, never);
  await model.loadAdapter("r.ant@v1", "/adapters/1");
  await model.sleep?.();
  expect(paths).toEqual([
    "/v1/models?version=2",
    "/v1/chat/completions?version=2",
    "/v1/load_lora_adapter?version=2",
    "/sleep?version=2&level=1",
  ]);
});
