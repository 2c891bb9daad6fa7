/** `agora doctor`: checks what a run needs and says how to mend what is missing. */
import { Command } from "commander";
import { taskOf } from "../../experiments/tasks/index.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { diagnose } from "../terminal/doctor.ts";
import { type Check, failed, passed, reasonOf } from "../terminal/doctor-check.ts";

/** A task may need files of the user's. */
const checkTask = (config: Config): Check => {
  const name = `task ${config.task}`;
  try {
    const { benchmarks } = taskOf(config);
    return passed(name, benchmarks.length > 0 ? `benchmarks ${benchmarks.join(", ")}` : "no benchmarks");
  } catch (error) {
    return failed(name, reasonOf(error), "do as it says");
  }
};

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
    const config = loadConfig({ file: flags.config, flags: flags.set });
    const checks = [...(await diagnose(config)), checkTask(config)];
    for (const { name, ok, detail, fix } of checks) {
      process.stdout.write(
        `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${ok || !fix ? "" : `\n      fix: ${fix}`}\n`,
      );
    }
    if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
  });
