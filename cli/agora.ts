#!/usr/bin/env node
/** The command line: `agora run | resume | replay | watch | models | doctor | serve-pocket | up | export | trainer`. */
import { Command, CommanderError } from "commander";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { modelsCommand } from "./commands/models.ts";
import { replayCommand } from "./commands/replay.ts";
import { resumeCommand, runCommand } from "./commands/run.ts";
import { servePocketCommand } from "./commands/serve-pocket.ts";
import { trainerCommand } from "./commands/trainer.ts";
import { upCommand } from "./commands/up.ts";
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
  .addCommand(servePocketCommand)
  .addCommand(upCommand)
  .addCommand(exportCommand)
  .addCommand(trainerCommand);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`agora: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
