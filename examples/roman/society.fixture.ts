/** Scripted models for the Roman pack, and the parts and configuration of their societies. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packFolder } from "../../cli/host/packs.ts";
import { type ScriptedParts, scriptedParts } from "../../cli/host/scripted-society.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import { loadPack } from "../../prompts/pack.ts";
import { type Config, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import { numeralOf } from "./numerals.ts";
import { resultOf, task } from "./roman.ts";

/** What stands last between a variable's tags. */
export const quotedIn = ({ prompt }: ModelCall, variable: string): string =>
  [...prompt.matchAll(new RegExp(`<${variable}-(\\w+)>\\n([\\s\\S]*?)\\n</${variable}-\\1>`, "g"))].at(
    -1,
  )?.[2] ?? "";

const chainOf = (number: number): string =>
  [17, 5, 3].map((step, index) => numeralOf(1 + ((number * step + index) % 39))).join(" + ");

/** Poses every chain only once and none that is held out, and never errs. */
export const romanScript = (seed: number): Script => {
  let posed = seed * 1000;
  const chain = (): string => {
    posed += 1;
    return task.contamination(chainOf(posed)) === undefined ? chainOf(posed) : chain();
  };
  const solved = (question: string) => `From left to right.\nAnswer: ${resultOf(question)}`;
  return {
    generator: ({ n = 1 }) => ({ text: Array.from({ length: n }, chain) }),
    solver: (call) => solved(quotedIn(call, "question")),
    verifier: (call) => {
      const isRight = quotedIn(call, "solution").endsWith(`: ${resultOf(quotedIn(call, "question"))}`);
      return `Redone.\nVerdict: ${isRight ? "correct" : "incorrect"}`;
    },
    voter: () => "Choice: first",
    explainer: () => "One step after the other.",
    reviewer: () => "The last step is shown too briefly.",
  };
};

/** roman.yaml with a few small rounds, in a temporary folder. */
export const romanConfig = (overrides: ConfigInput = {}): Config => {
  const folder = mkdtempSync(join(tmpdir(), "agora-roman-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const small = { rounds: 2, questionsPerRound: 2, anchorSize: 5, difficultyStart: 2 };
  return loadConfig({
    file: join(import.meta.dirname, "roman.yaml"),
    overrides: { run: "roman", runsFolder: folder, ...small, ...overrides },
    env: {},
  });
};

/** By agent name; other models never err. */
export const romanParts = async (
  config: Config,
  scripts: Readonly<Record<string, Script>> = {},
): Promise<ScriptedParts> => {
  const all = config.models.map(({ name }, index) => [name, { ...romanScript(index), ...scripts[name] }]);
  return {
    ...scriptedParts(config, { scripts: Object.fromEntries(all) }),
    task: await taskOf(config),
    pack: loadPack(packFolder(config.pack)),
  };
};
