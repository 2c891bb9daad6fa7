/**
 * Mutated frames at whatever reads bytes or texts of others: no crash, no hang, no growing memory, and every refusal is
 * counted. `AGORA_FUZZ=100000 npx vitest run cli/fuzz` takes as many frames, and prints the figures as JSON.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { replayPage } from "../../dashboard/page.fixture.ts";
import { serveOne } from "../../pocket/server/server.fixture.ts";
import { afterTests } from "../../runtime/closings.fixture.ts";
import { runFolder } from "../host/run-folder.ts";
import { play, societyConfig } from "../host/society.fixture.ts";
import { mutated, randomFrom } from "./mutate.fixture.ts";
import { httpTarget, type Target, targets } from "./targets.fixture.ts";

const total = Number(process.env.AGORA_FUZZ ?? 2_500);
const seed = Number(process.env.AGORA_FUZZ_SEED ?? 1);
/** Far more than any frame takes [ms of processor time: a busy machine makes no difference]. */
const longest = 2_000;
/** The heap may grow by as much between the first fifth and the end [bytes]. */
const growth = 32 * 2 ** 20;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const heapUsed = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

const shown = (frame: Uint8Array): string => Buffer.from(frame).toString("base64");

const fuzz = async ({ name, frames, feed, share }: Target) => {
  const random = randomFrom(seed);
  const count = Math.ceil(total * share);
  const figures = { target: name, frames: count, accepted: 0, refused: 0, longestMs: 0, heapGrowthMiB: 0 };
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const frame = mutated(frames[index % frames.length] ?? new Uint8Array(), random);
    const began = process.cpuUsage();
    try {
      if (await feed(frame)) figures.accepted += 1;
      else figures.refused += 1;
    } catch (cause) {
      throw new Error(`${name} crashed on frame ${index}: ${shown(frame)}`, { cause });
    }
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    figures.longestMs = Math.max(figures.longestMs, Math.round(took));
    expect(took, `${name} took ${took} ms for ${shown(frame)}`).toBeLessThan(longest);
    if (index === Math.floor(count / 5)) before = heapUsed();
  }
  const grown = heapUsed() - before;
  figures.heapGrowthMiB = Math.round(grown / 2 ** 18) / 4;
  expect(grown).toBeLessThan(growth);
  expect(figures.accepted + figures.refused).toBe(count);
  expect(figures.refused).toBeGreaterThan(0);
  if (process.env.AGORA_FUZZ !== undefined) console.log(JSON.stringify(figures));
};

describe("mutated frames", { timeout: 3_600_000 }, () => {
  const all = targets(afterTests());

  test.each(all.map((target) => [target.name, target] as const))("at the %s", async (_, target) => {
    await fuzz(target);
  });

  test("at the pocket server, which answers well-formed requests afterwards", async () => {
    const { server, client } = await serveOne();
    await fuzz(httpTarget("pocket server", Number(new URL(server.url).port), 0.03));
    const reply = await client.chat.completions.create({
      model: "tiny",
      messages: [{ role: "user", content: "1+1=" }],
    });
    expect(reply.choices[0]?.message.content).toBe("42");
  });

  test("at the page's server, which shows the page afterwards", async () => {
    const config = societyConfig({ rounds: 1, lora: false });
    await play(config);
    const page = await replayPage(runFolder(config));
    onTestFinished(() => page.close());
    await fuzz(httpTarget("page server", page.port, 0.02));
    expect((await fetch(page.url)).status).toBe(200);
  });
});
