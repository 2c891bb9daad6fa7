/** What all baselines have in common: the mechanism of baseline.ts. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agentTypesOf } from "../../actors/index.ts";
import { ofType, play, sayingOf } from "../../cli/host/society.fixture.ts";
import { emptyUsage, foldUsage } from "../usage.ts";
import { baselineConfig, playBaseline } from "./baselines.fixture.ts";

const kinds = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const members = ["ant", "bee", "cat"];

describe.each(kinds)("%s", (kind) => {
  test("plays iterations of ordinary members, each with the adapters of the one before, to its budget", async () => {
    const { end, records, parts, orders } = await playBaseline(baselineConfig(kind, members));
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    const settled = ofType(records, "question.settled");
    const solutions = settled.flatMap(({ dossier }) =>
      dossier.solutions.map(({ adapter }) => [dossier.round, adapter]),
    );
    expect(solutions.length).toBeGreaterThan(0);
    for (const [round, adapter] of solutions) expect(adapter).toBe(round);
    expect(ofType(records, "round.opened").map(({ generator }) => generator)).toEqual([kind, kind]);
    const published = ofType(records, "adapter.published").map(({ job }) => job);
    expect(published.toSorted()).toEqual(members.flatMap((member) => [`${member}@v1`, `${member}@v2`]));
    expect(orders.map(({ job }) => job).toSorted()).toEqual(published.toSorted());

    const { total } = records.reduce(foldUsage, emptyUsage);
    expect(total.calls).toBe(parts.scripted.reduce((sum, { calls }) => sum + calls, 0));
    expect(total.completionTokens).toBeGreaterThan(0);
  });

  test("ends after its updates", async () => {
    const { end } = await playBaseline(baselineConfig(kind, members, { rounds: 9, updates: 1 }));
    expect(end).toEqual({ outcome: "finished", reason: "1 update made" });
  });

  test("names the keys that a society's mechanisms need to be off", async () => {
    const config = baselineConfig(kind, members, { qualityVote: true, trainAfter: "samples" });
    await expect(agentTypesOf(config)).rejects.toThrow(/needs qualityVote: false, trainAfter: round/);
  });

  test("refuses keys that it does not have", async () => {
    const config = baselineConfig(kind, members, { options: { [kind]: { colour: "red" } } });
    await expect(agentTypesOf(config)).rejects.toThrow(`options.${kind}: Unrecognized key: "colour"`);
    const stray = baselineConfig(kind, members, { options: { nobody: {} } });
    await expect(agentTypesOf(stray)).rejects.toThrow("options.nobody");
  });
});

test("a baseline that was stopped goes on with the next iteration", async () => {
  const config = baselineConfig("star", ["ant"], { rounds: 3 });
  const { said, onMessage } = sayingOf(({ type }) => type === "round.closed");
  const first = await play(config, {
    onMessage,
    during: async (run) => {
      await said;
      await run.stop();
    },
  });
  expect(first.end.outcome).toBe("stopped");
  const resumed = await play(config, { resume: true });
  expect(resumed.end).toEqual({ outcome: "finished", reason: "3 rounds played" });
  const questions = ofType(resumed.records, "question.settled").map(({ dossier }) => dossier.question);
  expect(new Set(questions).size).toBe(questions.length);
  expect(questions).toHaveLength(12);
  expect(ofType(resumed.records, "adapter.published").map(({ job }) => job)).toEqual([
    "ant@v1",
    "ant@v2",
    "ant@v3",
  ]);
});
