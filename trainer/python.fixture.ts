/** The Python environment of the trainer's tests. Without it they are skipped, unless AGORA_REQUIRE names `trainer`. */
import { spawnSync } from "node:child_process";
import { inject } from "vitest";
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

/** The path of an interpreter that has imported PyTorch, transformers and peft already: a fork of one process. */
export const warmPython = async (): Promise<string> => {
  if (pythonLack !== undefined) return python;
  const answer = await fetch(`${inject("warmPythonAt")}/${encodeURIComponent(python)}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
};
