/** `agora doctor`: checks what a run needs and says how to mend what is missing. */
import { Command } from "commander";
import { loadConfig } from "../config/config.ts";
import { diagnose } from "../terminal/doctor.ts";

export const doctorCommand = new Command("doctor")
  .description("Check Node, storage, NATS, endpoints and adapters, and say how to fix each.")
  .option("-c, --config <file>", "YAML file with the run's configuration")
  .option(
    "-s, --set <key=value>",
    "set one key of the configuration (repeatable)",
    (value: string, previous: string[]) => [...previous, value],
    [],
  )
  .action(async (flags: { readonly config?: string; readonly set: string[] }) => {
    const checks = await diagnose(loadConfig({ file: flags.config, flags: flags.set }));
    for (const { name, ok, detail, fix } of checks) {
      process.stdout.write(
        `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${ok || !fix ? "" : `\n      fix: ${fix}`}\n`,
      );
    }
    if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
  });
