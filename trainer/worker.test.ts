/** Runs the Python worker's tests (trainer/tests) as one test. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { PYTHON_TIMEOUT, pythonLack, warmPython } from "./python.fixture.ts";

describe.skipIf(pythonLack !== undefined)("the Python worker", () => {
  test("passes its tests", { timeout: PYTHON_TIMEOUT }, async () => {
    const discover = ["-m", "unittest", "discover", "-s", "tests", "-t", "."];
    const python = await warmPython();
    const { status, stderr } = spawnSync(python, discover, { cwd: import.meta.dirname, encoding: "utf8" });
    expect(status, stderr.slice(-4000)).toBe(0);
  });
});
