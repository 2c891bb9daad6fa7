/** Options that several commands share. */
import type { Command } from "commander";
import { UsageError } from "./exit-codes.ts";

/** The shells that `agora completion` knows. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export const collect = (value: string, previous: string[]): string[] => [...previous, value];

/** `--set` of a command that reads a configuration. */
export const withSettings = (
  command: Command,
  what = "set one key of the configuration (repeatable)",
): Command => command.option("-s, --set <key=value>", what, collect, []);

export const withConfiguration = (command: Command): Command =>
  withSettings(
    command
      .option("-c, --config <file>", "YAML file with the run's configuration")
      .option("--data <folder>", "folder of the benchmarks' files (key dataFolder)"),
  );

/** A text as `--set` takes it: JSON strings are YAML. */
const textOf = (key: string, text: string): string => `${key}=${JSON.stringify(text)}`;

/** The settings of a command with a configuration, `--data` among them. */
export const settingsOf = ({
  set,
  data,
  nats,
}: {
  readonly set: readonly string[];
  readonly data?: string;
  readonly nats?: string;
}): readonly string[] => [
  ...set,
  ...(data === undefined ? [] : [textOf("dataFolder", data)]),
  ...(nats === undefined ? [] : [textOf("nats", nats)]),
];

/** The number in the text of an option. A text without anything is none: a shell writes it for a variable that is not set. */
export const numberIn = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

/** The value of an option that lists agents. @throws UsageError if there are none */
export const namesIn = (agents: string, flag: string): string[] => {
  const names = agents
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length > 0) return [...new Set(names)];
  throw new UsageError(`${flag} names nobody`, { expected: "names of agents, separated by commas" });
};

/** For commands whose argument is a run; completion offers the existing ones. */
export const withRun = (command: Command): Command =>
  command
    .argument("<run>", "name of the run")
    .option("--runs <folder>", "folder of the runs' folders", "runs");

export const withOperator = (command: Command): Command =>
  command.option("--operator <name>", "who acts, as the journal records it; default: the user's name");

export const withPage = (command: Command): Command =>
  command
    .option("--open", "open the page in the browser")
    .option("--host <host>", "address to serve the page on; any other than 127.0.0.1 requires a token")
    .option("--port <port>", "port of the page; if it is busy, a free one is used (default: 4646)");

export const withJson = (command: Command, what = "print one JSON document"): Command =>
  command.option("--json", `${what} on standard output, everything else on standard error`);

export const withQuiet = (command: Command): Command =>
  command.option("-q, --quiet", "print results and errors only");

export const withPlay = (command: Command): Command =>
  withPage(
    command
      .option("--remote <names>", "members that join from other processes (agora join), separated by commas")
      .option("--problems <count>", "held-out problems to measure on afterwards", "400")
      .option("--base-readings <folder>", "folder of measurements of base models, shared by several runs")
      .option("--no-page", "serve no page")
      .option(
        "--linger <seconds>",
        "how long the page stays after the end; default: in a terminal until Ctrl-C, elsewhere 60 if somebody looks at it",
      )
      .option("--no-preflight", "start without checking first what is missing"),
  ).option("--stately", "also inspect through stately.ai (needs @statelyai/inspect and the network)");
