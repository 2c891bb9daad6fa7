import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Python with PyTorch, which pretraining needs, is missing or has failed. */
export class PythonError extends Error {
  override readonly name = "PythonError";
  readonly code: "python.missing" | "python.failed";

  constructor(code: PythonError["code"], problem: string, fix: string) {
    super(`${problem}. Fix: ${fix}.`);
    this.code = code;
  }
}

const REPOSITORY = join(import.meta.dirname, "../..");
const REQUIREMENTS = "pip install torch safetensors numpy";

/** The interpreter in AGORA_PYTHON, otherwise the one in the repository's .venv. */
export const findPython = (): string => {
  const python = process.env.AGORA_PYTHON ?? join(REPOSITORY, ".venv/bin/python");
  if (existsSync(python)) return python;
  const fix = `python3 -m venv .venv && .venv/bin/${REQUIREMENTS}, or set AGORA_PYTHON to an interpreter that has them`;
  throw new PythonError("python.missing", `no Python at ${python}`, fix);
};

/** Runs a script to its end with inherited output. */
export const runPython = (command: readonly string[]): void => {
  const python = findPython();
  const ready = spawnSync(python, ["-c", "import torch, safetensors, numpy"], { encoding: "utf8" });
  if (ready.status !== 0) {
    const reason = ready.error?.message ?? ready.stderr.trim().split("\n").at(-1) ?? "";
    throw new PythonError(
      "python.missing",
      `${python} cannot import PyTorch (${reason})`,
      `${python} -m ${REQUIREMENTS}`,
    );
  }
  const { status } = spawnSync(python, command, { stdio: "inherit" });
  if (status === 0) return;
  throw new PythonError("python.failed", `${command[0]} ended with status ${status}`, "see its output above");
};
