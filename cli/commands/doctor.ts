/** `agora doctor`: checks what a run needs; every failed check has a fix. */
import { loadConfig } from "../../runtime/config/config.ts";
import { EXIT } from "../exit-codes.ts";
import { settingsOf } from "../options.ts";
import { diagnose } from "../terminal/doctor.ts";
import { shownCheck } from "../terminal/doctor-check.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
  readonly set: readonly string[];
}

export const doctor = async (flags: ConfigFlags & OutputFlags): Promise<void> => {
  const config = loadConfig({ file: flags.config, flags: settingsOf(flags) });
  const checks = await diagnose(config);
  const failures = checks.filter(({ ok }) => !ok);
  const shown = flags.quiet ? failures : checks;
  const ok = failures.length === 0;
  if (flags.json || shown.length > 0)
    new Output(flags).show({ ok, checks }, () => shown.map(shownCheck).join("\n"));
  if (!ok) process.exitCode = EXIT.unready;
};
