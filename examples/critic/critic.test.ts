/** A custom agent type takes part in a run, and no file of the core mentions it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { soundScript } from "../../cli/host/scripted-society.ts";
import { ofType, play, societyConfig } from "../../cli/host/society.fixture.ts";
import type { ModelCall } from "../../runtime/model/model.ts";

const critic = fileURLToPath(new URL("./critic.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

test("remarks on verified solutions, and winners use the remarks in their explanations", async () => {
  const members = ["ant", "bee", "cat"].map((name) => ({
    name,
    model: name,
    endpoint: "http://127.0.0.1:9/v1",
  }));
  const reviewer = { name: "critic", model: "ant", endpoint: "http://127.0.0.1:9/v1", kind: critic };
  const prompts: string[] = [];
  const listening = {
    explainer: ({ prompt }: ModelCall) => {
      prompts.push(prompt);
      return "by steps";
    },
    voter: () => ({ text: "first", delaySeconds: 0.01 }),
  };
  const scripts = {
    ...Object.fromEntries(members.map(({ name }) => [name, listening])),
    critic: { ...soundScript(9), reviewer: () => "well shown" },
  };
  const config = societyConfig({
    models: [...members, reviewer],
    rounds: 2,
    lora: false,
    externalAnchor: false,
  });
  const { end, records, heard } = await play(config, { scripts });
  expect(end.outcome).toBe("finished");

  const verified = new Set(ofType(records, "question.settled").flatMap(({ dossier }) => dossier.verified));
  const remarks = ofType(heard, "remark.made");
  expect(remarks.length).toBeGreaterThan(0);
  for (const { from, text, solutionId } of remarks) {
    expect([from, text]).toEqual(["critic", "well shown"]);
    expect(verified).toContain(solutionId);
  }
  expect(prompts.some((prompt) => prompt.includes("well shown"))).toBe(true);
  const group = ofType(records, "question.settled").flatMap(({ dossier }) => dossier.group);
  expect(new Set(group)).toEqual(new Set(["ant", "bee", "cat"]));
});

test("is mentioned in no file of the core", () => {
  const core = ["actors", "machines", "runtime", "trainer", "prompts", "pocket", "experiments", "bench"];
  const files = execFileSync("git", ["ls-files", ...core], { cwd: root, encoding: "utf8" }).split("\n");
  const naming = files
    .filter((file) => /\.(ts|py|yaml|txt)$/.test(file))
    .filter((file) => /\bcritic\b/i.test(readFileSync(`${root}/${file}`, "utf8")));
  expect(naming).toEqual([]);
});
