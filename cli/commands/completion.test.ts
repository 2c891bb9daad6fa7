/** The completion scripts, each in its own shell. */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shells } from "../options.ts";
import { programOf } from "../program.ts";
import { completed, completionFolder, shellLack } from "./completed.fixture.ts";

const program = programOf();
const sorted = (...words: string[]): string[] => words.toSorted();

describe.each(shells)("the completion of %s", (shell) => {
  const lack = shellLack(shell);
  const note = lack === undefined ? "" : ` (skipped: ${lack})`;

  test.skipIf(lack)(`offers commands, runs, words and files${note}`, { timeout: 60_000 }, () => {
    const folder = completionFolder();
    const offered = (line: string) => completed(shell, line, folder);
    const names = program.commands.map((command) => command.name());
    expect(offered("agora ")).toEqual(sorted(...names, "help"));
    expect(offered("agora re")).toEqual(["replay", "report", "resume"]);
    expect(offered("agora help re")).toEqual(["replay", "report", "resume"]);
    expect(offered("agora watch ")).toEqual(["other", "trial-1", "trial-2"]);
    expect(offered("agora watch tri")).toEqual(["trial-1", "trial-2"]);
    expect(offered("agora models tri")).toEqual([]);
    expect(offered("agora completion ")).toEqual(["bash", "fish", "zsh"]);
    if (shell === "bash") return; // readline itself completes names of files
    expect(offered("agora up soc")).toEqual(["society.yaml"]);
    expect(offered("agora run --config soc")).toEqual(["society.yaml"]);
    expect(offered("agora run --problems soc")).toEqual([]);
  });

  test.skipIf(lack)(`offers every option of every command${note}`, { timeout: 120_000 }, () => {
    const folder = completionFolder();
    for (const command of program.commands) {
      const flags = command.options.flatMap(({ long }) => long ?? []);
      expect(completed(shell, `agora ${command.name()} --`, folder)).toEqual(sorted(...flags, "--help"));
    }
    expect(completed(shell, "agora --", folder)).toEqual(["--help", "--version"]);
    expect(completed(shell, "agora run --set seed=2 --se", folder)).toEqual(["--set"]);
    expect(completed(shell, "agora report trial-1 --ou", folder)).toEqual(["--output"]);
  });
});

const zshLack = shellLack("zsh");
test.skipIf(zshLack)(
  `zsh also takes its script as a function file${zshLack ? ` (skipped: ${zshLack})` : ""}`,
  () => {
    const folder = completionFolder();
    mkdirSync(join(folder, "functions"));
    renameSync(join(folder, "agora.zsh"), join(folder, "functions", "_agora"));
    expect(completed("zsh", "agora re", folder)).toEqual(["replay", "report", "resume"]);
  },
);
