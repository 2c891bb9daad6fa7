import { afterEach, describe, expect, test, vi } from "vitest";
import { findPython, PythonError, runPython } from "./python.ts";

describe("pretraining without Python", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("names the missing interpreter and the packages to install", () => {
    vi.stubEnv("AGORA_PYTHON", "/nowhere/python");
    expect(() => findPython()).toThrow(PythonError);
    expect(() => findPython()).toThrow(
      /no Python at \/nowhere\/python\. Fix: .*pip install torch safetensors numpy/,
    );
  });

  test("reports an interpreter without PyTorch", () => {
    vi.stubEnv("AGORA_PYTHON", "/bin/false");
    expect(() => runPython(["pretrain.py"])).toThrow(/cannot import PyTorch/);
  });
});
