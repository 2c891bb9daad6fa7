/** Readings of base models that several runs share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConfigInput, loadConfig } from "../runtime/config/config.ts";
import type { Draft } from "../runtime/messages.ts";
import { BaseReadings } from "./base-readings.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-base-readings-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const readingsOf = (place: string, overrides: ConfigInput = {}) =>
  new BaseReadings(
    join(folder, place),
    loadConfig({ env: {}, overrides: { run: "r", ...overrides } }),
    "8 problems",
  );
const taken = (model: string, more: Partial<Draft<"measure.taken">> = {}): Draft<"measure.taken"> => ({
  type: "measure.taken",
  ...{ model, adapter: 0, kind: "zero-shot", set: "in-domain", size: 8, seed: 1 },
  answers: [{ problem: "p", answer: "4", right: true }],
  ...more,
});

test("what one run has read of a base model, another arm with the same calls takes over", async () => {
  const first = readingsOf("shared");
  expect(await first.open([], never)).toEqual([]);
  for (const one of [
    taken("wren"),
    taken("mole"),
    taken("wren", { adapter: 1 }),
    taken("mole", { examples: "e" }),
  ])
    first.keep(one);
  first.close(true);
  const arm = readingsOf("shared", { validVote: false, rounds: 7 });
  expect(await arm.open([], never)).toEqual([taken("wren"), taken("mole")]);
  const known = { ...taken("wren"), from: "host", at: 1 } as const;
  expect(await readingsOf("shared").open([known], never)).toEqual([taken("mole")]);
  arm.close(true);
});

test("another seed, temperature or model's setting is measured anew", async () => {
  const first = readingsOf("apart");
  await first.open([], never);
  first.keep(taken("wren"));
  first.close(true);
  const models = ["wren", "mole"].map((name) => ({ name, model: name, temperature: 0.1 }));
  for (const other of [{ seed: 2 }, { temperature: 1 }, { models }]) {
    const readings = readingsOf("apart", other);
    expect(await readings.open([], never)).toEqual([]);
    readings.close(false);
  }
});

test("one run measures at a time: another waits, and then takes what the first has read", async () => {
  const [first, second] = [readingsOf("turns"), readingsOf("turns")];
  await first.open([], never);
  const waiting = second.open([], never);
  first.keep(taken("wren"));
  first.close(true);
  expect(await waiting).toEqual([taken("wren")]);
  second.close(true);
});

test("a run that is stopped while it waits ends", async () => {
  const [first, second] = [readingsOf("stopped"), readingsOf("stopped")];
  await first.open([], never);
  await expect(second.open([], AbortSignal.timeout(20))).rejects.toThrow();
  first.close(false);
});
