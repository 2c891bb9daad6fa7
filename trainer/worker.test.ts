/** Runs the Python worker's tests (trainer/tests) as one test. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { PYTHON_TIMEOUT, python, pythonLack } from "./python.fixture.ts";

describe.skipIf(pythonLack !== undefined)("the Python worker", () => {
  test("passes its tests", { timeout: PYTHON_TIMEOUT }, () => {
    const discover = ["-m", "unittest", "discover", "-s", "tests", "-t", "."];
    const { status, stderr } = spawnSync(python, discover, { cwd: import.meta.dirname, encoding: "utf8" });
    expect(status, stderr.slice(-4000)).toBe(0);
  });
});
