/** Words of commands, as a shell reads them. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quoted } from "./shell-word.ts";

test("words are quoted for the shell", () => {
  for (const word of ["plain", "two words", "it's", "$HOME", "a\nb", "", "*"]) {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${quoted(word)}`], { encoding: "utf8" })).toBe(word);
  }
});
