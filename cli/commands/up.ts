/** `agora up`: starts the servers of a configuration and stops them at the end. */
import { join, resolve } from "node:path";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { CommandBeside } from "../servers/command-beside.ts";
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
  const signalled = Promise.withResolvers<NodeJS.Signals>();
  // A second signal exits immediately, with the command; then the watchdog ends the servers.
  onInterrupt(signalled.resolve);
  const stopped = signalled.promise;
  try {
    const left = await Promise.race([fleet.start(), stopped.then(() => "left")]);
    if (left === "left") return;
    print(`All servers are healthy; their logs are in ${logs}. Ctrl-C stops them.`);
    if (beside.length === 0) await Promise.race([stopped, allLost.promise]);
    else {
      const command = new CommandBeside(beside);
      void stopped.then((signal) => command.tell(signal));
      void allLost.promise.then(() => command.tell("SIGTERM"));
      process.exitCode = await command.ended;
    }
    if (lost.length > 0) process.exitCode = EXIT.failed;
  } finally {
    print("Stopping the servers …");
    await fleet.stop();
  }
};

export const up = async (file: string, beside: string[], flags: UpFlags): Promise<void> => {
  const config = loadConfig({ file, fileFrom: "agora up", flags: flags.set });
  const commands = commandsOf(config, file);
  const output = new Output(flags);
  const unfit = (await diagnoseGpus(config, process.env)).filter(({ ok }) => !ok);
  for (const check of unfit) output.warn(shownCheck(check));
  if (flags.dryRun) output.show(commands, () => commands.map(planOf).join("\n"));
  else await serve(config, commands, beside, output);
};
