import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import type { PocketServer } from "./serve.ts";
import { serveOne } from "./server.fixture.ts";

const messages = [{ role: "user" as const, content: "?" }];
const withoutSocket = ({ url, fetch }: PocketServer) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0, fetch });

describe("a caller in the same process", () => {
  test("gets the same answers and errors as over the network", async () => {
    const { server, client } = await serveOne(() => "123");
    const local = withoutSocket(server);
    const ask = { model: "tiny", messages, seed: 7 };
    const [near, far] = [await local.chat.completions.create(ask), await client.chat.completions.create(ask)];
    expect(near.choices).toEqual(far.choices);
    expect(near.usage).toEqual(far.usage);
    const unknown = local.chat.completions.create({ ...ask, model: "nobody" });
    await expect(unknown).rejects.toMatchObject({ status: 404 });
  });

  test("stops its sequences on abort", async () => {
    const { server, engine } = await serveOne();
    engine.hold();
    const abort = new AbortController();
    const answer = withoutSocket(server).chat.completions.create(
      { model: "tiny", messages, n: 3 },
      { signal: abort.signal },
    );
    await expect.poll(() => engine.requests.length).toBe(3);
    abort.abort();
    await expect(answer).rejects.toThrow(OpenAI.APIUserAbortError);
    await expect.poll(() => engine.aborted.length).toBe(3);
  });
});
