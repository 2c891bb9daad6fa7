/** The Python environment of the trainer's tests. Without it they are skipped, unless AGORA_REQUIRE names `trainer`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonOf } from "../runtime/config/trained.ts";

export const python = pythonOf({ trainerPython: undefined });

const isRequired = (process.env.AGORA_REQUIRE ?? "").split(",").includes("trainer");
const check = "import importlib.util as u; assert all(map(u.find_spec, ['torch', 'transformers', 'peft']))";
const isPresent = (): boolean => spawnSync(python, ["-c", check]).status === 0;

/** The reason why the trainer's Python cannot be tested; undefined: it can. */
export const pythonLack: string | undefined =
  isRequired || isPresent()
    ? undefined
    : `${python} lacks torch, transformers or peft: pip install -r trainer/constraints.txt`;
if (pythonLack !== undefined) console.warn(`tests of the Python trainer are skipped: ${pythonLack}`);

/** Starting a worker takes seconds if several tests share a processor [ms]. */
export const PYTHON_TIMEOUT = 900_000;

const warm = join(import.meta.dirname, "tests/warm.py");

const startWarmPython = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-warm-"));
  const [socket, program] = [join(folder, "socket"), join(folder, "python")];
  writeFileSync(program, `#!/bin/sh\nexec "${python}" -I -S "${warm}" run "${socket}" "$@"\n`, {
    mode: 0o755,
  });
  const server = spawn(python, [warm, "serve", socket], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(server, "exit").then(([status]) => {
    throw new Error(`${python} ended with status ${status} while it imported PyTorch`);
  });
  await Promise.race([once(server.stdout, "data"), ended]);
  // Its stdin ends with this process, and then it ends too.
  for (const handle of [server, server.stdin, server.stdout])
    (handle as unknown as { unref(): void }).unref();
  ended.catch(() => {});
  return program;
};

let started: Promise<string> | undefined;

/** An interpreter that has imported PyTorch, transformers and peft already (tests/warm.py): a fork of one process. */
export const warmPython = (): Promise<string> => {
  started ??= pythonLack === undefined ? startWarmPython() : Promise.resolve(python);
  return started;
};
