/**
 * `agora completion`: completion scripts for shells, made from the command tree. A script completes without starting
 * the program; it reads the names of runs from the folder `runs`.
 */
import type { Command, Option } from "commander";
import type { Shell } from "../options.ts";

interface CompletedOption {
  readonly flags: readonly string[];
  readonly value: "none" | "path" | "text";
  readonly isRepeatable: boolean;
  readonly description: string;
}

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What the first argument can be: the name of a run, a file, or one of some words. */
  readonly argument: "run" | "file" | readonly string[];
}

const valueKindOf = ({ required, optional, flags }: Option): CompletedOption["value"] => {
  if (!required && !optional) return "none";
  return /<(?:file|folder)>/.test(flags) ? "path" : "text";
};

const optionsOf = (command: Command): CompletedOption[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.short, option.long].flatMap((flag) => flag ?? []),
      value: valueKindOf(option),
      isRepeatable: Array.isArray(option.defaultValue),
      description: option.description,
    }));

const argumentOf = ({ registeredArguments: [first] }: Command, names: readonly string[]) => {
  switch (first?.name()) {
    case "run":
      return "run";
    case "config":
    case "file":
      return "file";
    case "command":
      return names;
    default:
      return first?.argChoices ?? [];
  }
};

/** All commands, the built-in `help` among them. */
const commandsOf = (program: Command): Completed[] => {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    argument: argumentOf(command, names),
  }));
};

const flagsOf = (options: readonly CompletedOption[]): string =>
  options.flatMap(({ flags }) => flags).join(" ");
const namesOf = (commands: readonly Completed[]): string => commands.map(({ name }) => name).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bashCase = ({ name, options, argument }: Completed): string => {
  const words = argument === "run" ? "$(_agora_runs)" : argument === "file" ? "" : argument.join(" ");
  return `    ${name}) flags="${flagsOf(options)}" words="${words}" ;;`;
};

/** Where nothing fits, bash completes names of files (`-o default`). */
const bash = (program: Command): string => {
  const commands = commandsOf(program);
  return `# agora completion for bash: source <(agora completion bash)
_agora_runs() {
  local file
  for file in runs/*/run.db; do
    [[ -e $file ]] && basename "\${file%/run.db}"
  done
}
_agora() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=
  local flags="${flagsOf(optionsOf(program))}" words="${namesOf(commands)}"
  [[ $COMP_CWORD -gt 1 ]] && command=\${COMP_WORDS[1]} flags= words=
  case $command in
${commands.map(bashCase).join("\n")}
  esac
  [[ $COMP_CWORD -gt 2 ]] && words=
  [[ $word == -* ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _agora agora
`;
};

const zshValues = { none: "", path: ":path:_files", text: ":value: " } as const;

const zshOption = ({ flags, value, isRepeatable, description }: CompletedOption): string[] =>
  flags.map((flag) => {
    const text = description.replaceAll(/[[\]:]/g, " ");
    return quoted(`${isRepeatable ? "*" : ""}${flag}[${text}]${zshValues[value]}`);
  });

const zshArgument = ({ argument }: Completed): string => {
  if (argument === "run") return "'2:run:($runs)'";
  if (argument === "file") return "'2:file:_files'";
  return argument.length === 0 ? "'*:argument: '" : quoted(`2:word:(${argument.join(" ")})`);
};

const zshCase = (command: Completed): string =>
  `    ${command.name}) _arguments ${command.options.flatMap(zshOption).join(" ")} ${zshArgument(command)} ;;`;

/** As a file named `_agora` in `fpath` it is the function itself: zsh then runs it at the first completion. */
const zsh = (program: Command): string => {
  const commands = commandsOf(program);
  const described = commands.map(({ name, description }) =>
    quoted(`${name}:${description.replaceAll(":", " ")}`),
  );
  return `#compdef agora
# agora completion for zsh: source <(agora completion zsh)
_agora() {
  local -a commands runs
  commands=(${described.join(" ")})
  runs=(runs/*/run.db(N:h:t))
  if (( CURRENT == 2 )); then
    if [[ $PREFIX == -* ]]; then _arguments ${optionsOf(program).flatMap(zshOption).join(" ")}
    else _describe command commands; fi
    return
  fi
  case $words[2] in
${commands.map(zshCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _agora ]]; then _agora "$@"; else compdef _agora agora; fi
`;
};

const fishValues = { none: "", path: " -r -F", text: " -x" } as const;

const fishOption =
  (condition: string) =>
  ({ flags, value, description }: CompletedOption): string => {
    const given = flags.map((flag) =>
      flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    return `complete -c agora -n ${condition} ${given.join(" ")}${fishValues[value]} -d ${quoted(description)}`;
  };

const fishRuns = "(for file in runs/*/run.db; basename (dirname $file); end)";

const fishArgument = ({ name, argument }: Completed): string[] => {
  if (argument === "file") return [];
  const words = argument === "run" ? fishRuns : argument.join(" ");
  return [
    `complete -c agora -n '__fish_seen_subcommand_from ${name}' -f`,
    `complete -c agora -n '__agora_argument ${name}' -a ${quoted(words)}`,
  ];
};

const fish = (program: Command): string =>
  [
    "# agora completion for fish: agora completion fish | source",
    "function __agora_argument",
    "  set -l words (commandline -opc)",
    "  test (count $words) -eq 2; and test $words[2] = $argv[1]",
    "end",
    ...optionsOf(program).map(fishOption("__fish_use_subcommand")),
    ...commandsOf(program).flatMap((command) => [
      `complete -c agora -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.description)}`,
      ...command.options.map(fishOption(`'__fish_seen_subcommand_from ${command.name}'`)),
      ...fishArgument(command),
    ]),
    "",
  ].join("\n");

const scripts: Readonly<Record<Shell, (program: Command) => string>> = { bash, zsh, fish };

export const completionOf = (shell: Shell, program: Command): string => scripts[shell](program);

export const completion = (shell: Shell, program: Command | null): void => {
  if (program !== null) process.stdout.write(completionOf(shell, program));
};
