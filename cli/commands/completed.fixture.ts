/** Runs a shell that completes a line with the script of `agora completion`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Shell, shells } from "../options.ts";
import { programOf } from "../program.ts";
import { completionOf } from "./completion.ts";

const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes("shells");
const isInstalled = (shell: Shell): boolean => spawnSync(shell, ["-c", "exit"]).status === 0;

/** Why a shell is not tested; undefined if it is. If AGORA_REQUIRE names `shells`, every shell is tested. */
export const shellLack = (shell: Shell): string | undefined =>
  required || isInstalled(shell) ? undefined : `${shell} is not installed`;

/** `$1` is the line. The words of a line that ends in a space end with an empty one. */
const bashScript = `
source ./agora.bash
read -ra COMP_WORDS <<< "$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
read -ra registered <<< "$(complete -p agora)"
"\${registered[-2]}" agora
[[ \${#COMPREPLY[@]} -gt 0 ]] && printf '%s\\n' "\${COMPREPLY[@]}"
true
`;

const fishScript = `
source ./agora.fish
complete -C "$argv[1]" | cut -f 1
`;

/** Runs in an interactive zsh: loads the script and prints every match that the completion system adds. */
const zshSetup = `
PROMPT=
fpath=(./functions $fpath)
autoload -Uz compinit
compinit -u -d ./zcompdump
[[ -d functions ]] || source ./agora.zsh
bindkey '^I' complete-word
compadd() {
  local -a found
  [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]] || builtin compadd -A found "$@"
  (( $#found )) && print -rl -- '' "match "$^found
  builtin compadd "$@"
}
finished() { print '\\nmatches end'; exit }
comppostfuncs=(finished)
print loaded
`;

/** Types the line and a tab into a zsh at a terminal of its own. */
const zshScript = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'source ./setup.zsh'
while zpty -r shell said; do [[ $said == loaded* ]] && break; done
zpty -w shell "$1"$'\\t'
while zpty -r shell said; do
  said=\${said%$'\\r\\n'}
  [[ $said == 'matches end' ]] && break
  [[ $said == 'match '* ]] && print -r -- \${said#match }
done
zpty -d shell
`;

const commands: Readonly<Record<Shell, (line: string) => readonly string[]>> = {
  bash: (line) => ["--norc", "-c", bashScript, "bash", line],
  fish: (line) => ["--no-config", "-c", fishScript, line],
  zsh: (line) => ["-f", "-c", zshScript, "zsh", line],
};

/** A folder with three runs, a file and the scripts of all shells. */
export const completionFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-completion-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const run of ["trial-1", "trial-2", "other"]) {
    mkdirSync(join(folder, "runs", run), { recursive: true });
    writeFileSync(join(folder, "runs", run, "run.db"), "");
  }
  writeFileSync(join(folder, "society.yaml"), "");
  for (const shell of shells) writeFileSync(join(folder, `agora.${shell}`), completionOf(shell, programOf()));
  writeFileSync(join(folder, "setup.zsh"), zshSetup);
  return folder;
};

/** Sorted. */
export const completed = (shell: Shell, line: string, folder: string): string[] => {
  const { stdout, stderr, status } = spawnSync(shell, commands[shell](line), {
    cwd: folder,
    encoding: "utf8",
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`${shell} ended with status ${status}: ${stderr}`);
  return stdout
    .split("\n")
    .filter((match) => match !== "")
    .toSorted();
};
