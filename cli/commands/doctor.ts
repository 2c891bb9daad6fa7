/** `agora doctor`: checks what a run needs and says how to mend what is missing. */
import { Command } from "commander";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { diagnose } from "../terminal/doctor.ts";
import { diagnosePlugins } from "../terminal/doctor-plugins.ts";

export const doctorCommand = new Command("doctor")
  .description(
    "Check Node, storage, NATS, endpoints, adapters and plugged-in modules, and say how to fix each.",
  )
  .option("-c, --config <file>", "YAML file with the run's configuration")
  .option(
    "-s, --set <key=value>",
    "set one key of the configuration (repeatable)",
    (value: string, previous: string[]) => [...previous, value],
    [],
  )
  .action(async (flags: { readonly config?: string; readonly set: string[] }) => {
    const config = loadConfig({ file: flags.config, flags: flags.set });
    const checks = [...(await diagnose(config)), ...(await diagnosePlugins(config, POCKET_FOLDER))];
    for (const { name, ok, detail, fix } of checks) {
      process.stdout.write(
        `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${ok || !fix ? "" : `\n      fix: ${fix}`}\n`,
      );
    }
    if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
  });
