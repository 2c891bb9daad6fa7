/**
 * `agora completion`: scripts for shells, made from the command tree. They answer by themselves and never start the
 * program; names of runs are read from the folder runs.
 */
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly {
    readonly flags: readonly string[];
    readonly takesValue: boolean;
    readonly text: string;
  }[];
  readonly takesRun: boolean;
}

const completedOf = (command: Command): Completed => ({
  name: command.name(),
  description: command.description(),
  options: command.options.map(({ short, long, required, optional, description }) => ({
    flags: [short, long].flatMap((flag) => flag ?? []),
    takesValue: required || optional,
    text: description,
  })),
  takesRun: command.registeredArguments.some((argument) => argument.name() === "run"),
});

const flagsOf = ({ options }: Completed): string => options.flatMap(({ flags }) => flags).join(" ");
const namesOf = (commands: readonly Completed[]): string => commands.map(({ name }) => name).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bash = (
  commands: readonly Completed[],
): string => `# agora completion for bash: source <(agora completion bash)
_agora_runs() {
  local file name
  for file in runs/*/run.db; do
    name=\${file#runs/}
    name=\${name%/run.db}
    [[ -e $file && $name == "$1"* ]] && COMPREPLY+=("$name")
  done
}
_agora() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags= takes_run=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${namesOf(commands)} help" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map((command) => `    ${command.name}) flags="${flagsOf(command)}" takes_run=${command.takesRun ? "yes" : ""} ;;`).join("\n")}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) if [ -n "$takes_run" ] && [ "$COMP_CWORD" -eq 2 ]; then _agora_runs "$word"; fi ;;
  esac
}
complete -o default -F _agora agora
`;

const zshOption = ({ flags, takesValue, text }: Completed["options"][number]): string[] =>
  flags.map((flag) =>
    quoted(`${flag}[${text.replaceAll(/[[\]:]/g, " ")}]${takesValue ? ":value:_files" : ""}`),
  );

const zsh = (commands: readonly Completed[]): string => `#compdef agora
# agora completion for zsh: source <(agora completion zsh)
_agora() {
  local -a commands runs
  commands=(${commands.map(({ name, description }) => quoted(`${name}:${description.replaceAll(":", " ")}`)).join(" ")})
  runs=(runs/*/run.db(N:h:t))
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${commands
  .map((command) => {
    const place = command.takesRun ? `'2:run:($runs)'` : "'*:file:_files'";
    return `    ${command.name}) _arguments ${command.options.flatMap(zshOption).join(" ")} ${place} ;;`;
  })
  .join("\n")}
  esac
}
compdef _agora agora
`;

const fishOption = (command: string, { flags, takesValue, text }: Completed["options"][number]): string => {
  const given = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = takesValue ? " -r" : "";
  return `complete -c agora -n '__fish_seen_subcommand_from ${command}' ${given.join(" ")}${value} -d ${quoted(text)}`;
};

const runsInFish = "(for file in runs/*/run.db; basename (dirname $file); end)";

const fish = (commands: readonly Completed[]): string =>
  [
    "# agora completion for fish: agora completion fish | source",
    ...commands.flatMap((command) => [
      `complete -c agora -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.description)}`,
      ...command.options.map((option) => fishOption(command.name, option)),
      ...(command.takesRun
        ? [`complete -c agora -n '__fish_seen_subcommand_from ${command.name}' -f -a '${runsInFish}'`]
        : []),
    ]),
    "",
  ].join("\n");

const scripts: Readonly<Record<string, (commands: readonly Completed[]) => string>> = { bash, zsh, fish };

/** @throws UsageError where the shell is not known. */
export const completionOf = (shell: string, program: Command): string => {
  const script = scripts[shell];
  if (script !== undefined) return script(program.commands.map(completedOf));
  throw new UsageError(`no completion for the shell ${shell}`, {
    expected: `one of ${Object.keys(scripts).join(", ")}`,
  });
};

export const completion = (shell: string, program: Command | null): void => {
  if (program !== null) process.stdout.write(completionOf(shell, program));
};
