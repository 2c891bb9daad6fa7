/** The harness as a program: a society of real processes plays through some faults. `.ci/run` plays fifty. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { natsNote, skipNats } from "../../runtime/bus/nats-server.fixture.ts";

const program = fileURLToPath(new URL("./chaos.ts", import.meta.url));

const chaos = (...given: string[]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...given], { encoding: "utf8" });
  return { stdout, stderr, status };
};

test("an unknown fault is named, with those there are", () => {
  const { stderr, status } = chaos("--kinds", "host killed,flood");
  expect(status).toBe(1);
  expect(stderr).toContain("no fault is called flood; expected host killed, member killed");
});

describe.skipIf(skipNats)(`the fault harness${natsNote}`, { timeout: 300_000 }, () => {
  test("plays a society through its faults without a violation, and sums up in its last line", () => {
    const kinds = "host killed,member killed,link cut,model answers 500,messages duplicated,peer forges";
    const { stdout, stderr } = chaos(
      "--seed",
      "7",
      "--faults",
      "6",
      "--societies",
      "plain",
      "--kinds",
      kinds,
    );
    const last: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect([stderr, last]).toEqual([
      expect.stringContaining("6 faults"),
      expect.objectContaining({ bench: "chaos", faults: 6, violations: 0, seed: 7 }),
    ]);
    expect((last as { settled: number }).settled).toBeGreaterThan(0);
  });
});
