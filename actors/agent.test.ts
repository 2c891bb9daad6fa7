/** What an agent type cannot reach: only the anchor knows right answers. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scriptedTask } from "../cli/host/scripted-society.ts";
import { ofType, play, societyConfig } from "../cli/host/society.fixture.ts";
import { validationOf } from "../runtime/task.ts";
import type { Tools } from "./agent.ts";
import { agentTypes, institutionsOf } from "./index.ts";

const secrets = ["truth", "benchmark", "benchmarks", "anchor", "grade"] as const;

test("an agent type of your own reaches no right answer and no benchmark through its tools", async () => {
  const path = fileURLToPath(new URL("curious.fixture.ts", import.meta.url));
  const { records, end } = await play(
    societyConfig({ rounds: 1, lora: false, externalAnchor: false, agents: [path] }),
  );
  expect(end.outcome).toBe("finished");
  const note = ofType(records, "agent.failed").find(({ where }) => where === "tools");
  const names = note?.cause.split(" ") ?? [];
  expect(names).toEqual(expect.arrayContaining(["task", "contamination", "catalogue", "models", "screen"]));
  expect(secrets.filter((secret) => names.includes(secret))).toEqual([]);
});

test("the types exclude them too", () => {
  const peek = ({ task }: Tools): unknown[] => [
    // @ts-expect-error only reports use the truth
    task.truth,
    // @ts-expect-error only measuring uses benchmarks
    task.benchmark,
    // @ts-expect-error only measuring uses benchmarks
    task.benchmarks,
    // @ts-expect-error only the anchor uses the validation set
    task.anchor,
    // @ts-expect-error only the anchor uses the validation set
    task.grade,
  ];
  expect(peek).toBeTypeOf("function");
});

test("only the anchor gets the validation set, and no name in a configuration gives another anchor", () => {
  const kinds = institutionsOf(validationOf(scriptedTask), true).map(({ kind }) => kind);
  expect(kinds).toContain("anchor");
  expect(Object.values(agentTypes).map(({ kind }) => kind)).not.toContain("anchor");
  expect(Object.keys(validationOf(scriptedTask))).toEqual(["anchor", "grade", "answer"]);
});
