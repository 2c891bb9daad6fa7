/** `agora up`: starts the servers of a configuration and stops them at the end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { Fleet } from "../servers/fleet.ts";
import { type ServerCommand, serverCommands, shellLine } from "../servers/server-command.ts";
import type { ServerError } from "../servers/server-error.ts";
import { shownCheck } from "../terminal/doctor-check.ts";
import { diagnoseGpus } from "../terminal/doctor-gpus.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

interface UpFlags extends OutputFlags {
  readonly set: string[];
  readonly dryRun?: boolean;
}

const commandsOf = (config: Config, file: string): [ServerCommand, ...ServerCommand[]] => {
  const [first, ...rest] = serverCommands(config);
  if (first !== undefined) return [first, ...rest];
  throw new UsageError(`${file} names no servers`, {
    fix: "add a list such as servers: [{ name: a, kind: vllm, port: 8001 }] for the models' endpoints",
  });
};

const planOf = (command: ServerCommand): string =>
  `# ${command.name}: healthy at ${command.health}\n${shellLine(command)}`;

/** Runs a command while the servers run; resolves with its exit code. */
const playBeside = async ([program = "", ...rest]: readonly string[]): Promise<number> => {
  const child = spawn(program, rest, { stdio: "inherit" });
  const failed = once(child, "error").then(([error]) => Promise.reject(error));
  const [code] = await Promise.race([once(child, "exit"), failed]);
  return typeof code === "number" ? code : 1;
};

const leaveWith = (code: number): void => {
  process.exitCode = code;
};

const serve = async (
  config: Config,
  commands: readonly ServerCommand[],
  beside: readonly string[],
  { say: print, warn }: Output,
) => {
  const lost: ServerError[] = [];
  const allLost = Promise.withResolvers<void>();
  const logs = resolve(join(config.runsFolder, "servers"));
  const onLost = (error: ServerError): void => {
    warn(`agora: ${error.message}`);
    if (lost.push(error) === commands.length) allLost.resolve();
  };
  const fleet = new Fleet(commands, { logs, print, onLost });
  // A second signal exits immediately; then the watchdog ends the servers.
  const stopped = once(onInterrupt().signal, "abort");
  try {
    const left = await Promise.race([fleet.start(), stopped.then(() => "left")]);
    if (left === "left") return;
    print(`All servers are healthy; their logs are in ${logs}. Ctrl-C stops them.`);
    const ends: Promise<unknown>[] = [stopped, allLost.promise];
    if (beside.length > 0) ends.push(playBeside(beside).then(leaveWith));
    await Promise.race(ends);
    if (lost.length > 0) process.exitCode = EXIT.failed;
  } finally {
    print("Stopping the servers …");
    await fleet.stop();
  }
};

export const up = async (file: string, beside: string[], flags: UpFlags): Promise<void> => {
  const config = loadConfig({ file, flags: flags.set });
  const commands = commandsOf(config, file);
  const output = new Output(flags);
  const unfit = (await diagnoseGpus(config, process.env)).filter(({ ok }) => !ok);
  for (const check of unfit) output.warn(shownCheck(check));
  if (flags.dryRun) output.show(commands, () => commands.map(planOf).join("\n"));
  else await serve(config, commands, beside, output);
};
