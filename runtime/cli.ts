#!/usr/bin/env node
/** The command line: `agora run | resume | replay | watch | models | doctor | serve-pocket`. */
import { Command, CommanderError } from "commander";
import { doctorCommand } from "./commands/doctor.ts";
import { modelsCommand } from "./commands/models.ts";
import { replayCommand } from "./commands/replay.ts";
import { resumeCommand, runCommand } from "./commands/run.ts";
import { servePocketCommand } from "./commands/serve-pocket.ts";
import { watchCommand } from "./commands/watch.ts";

const program = new Command("agora")
  .description("A society of language models that learn from each other.")
  .showHelpAfterError("(see agora --help)")
  .addCommand(runCommand)
  .addCommand(resumeCommand)
  .addCommand(replayCommand)
  .addCommand(watchCommand)
  .addCommand(modelsCommand)
  .addCommand(doctorCommand)
  .addCommand(servePocketCommand);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`agora: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
