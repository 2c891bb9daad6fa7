/** Merged checkpoints, made by the Python trainer (trainer/agora_trainer/merge.py). */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withoutSecrets } from "../../runtime/worker-environment.ts";
import { ExportError } from "./export-error.ts";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("../../trainer/", import.meta.url));

export interface Merging {
  readonly python: string;
  readonly trustRemoteCode: boolean;
  readonly base: string;
  readonly adapter: string;
  /** Folder of the checkpoint; it must not exist. */
  readonly output: string;
}

/** The last error of the worker, as text. */
const lastError = (stdout: string, stderr: string): string => {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  try {
    const { problem, fix }: { problem?: string; fix?: string } = JSON.parse(line);
    if (problem !== undefined) return `${problem} (${fix})`;
  } catch {
    // Python itself failed.
  }
  return stderr.trim().split("\n").at(-1) ?? "it printed nothing";
};

/** @throws ExportError `export.merge` */
export const mergeAdapter = async (merging: Merging): Promise<void> => {
  const { python, trustRemoteCode, base, adapter, output } = merging;
  const trust = trustRemoteCode ? ["--trust-remote-code"] : [];
  const command = ["-m", "agora_trainer.merge", base, adapter, output, ...trust];
  try {
    await run(python, command, {
      env: { ...withoutSecrets(process.env), PYTHONPATH: PACKAGE },
      maxBuffer: 64 * 1024 ** 2,
    });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    const reason = stdout || stderr ? lastError(stdout, stderr) : String(cause);
    throw new ExportError("export.merge", `${adapter} could not be merged into ${base}: ${reason}`, {
      cause,
    });
  }
};
