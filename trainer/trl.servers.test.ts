/** Compares the Python worker's loop with TRL's trainer (trainer/tests/test_trl.py), where `.ci/servers` installs it. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { PYTHON_TIMEOUT, python, pythonLack } from "./python.fixture.ts";

/** Folder of TRL's packages, beside those of the trainer. */
const packages = process.env.AGORA_TRL;
const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes("trl");
const lack = packages === undefined ? ".ci/servers installs TRL and sets AGORA_TRL" : pythonLack;
const skipped = lack !== undefined && !required;

describe.skipIf(skipped)(`TRL's SFTTrainer${skipped ? ` (skipped: ${lack})` : ""}`, () => {
  test("takes the same steps as the worker's loop", { timeout: PYTHON_TIMEOUT }, () => {
    const { status, stderr } = spawnSync(python, ["-m", "unittest", "tests.test_trl"], {
      ...{ cwd: import.meta.dirname, encoding: "utf8" },
      env: { ...process.env, AGORA_REQUIRE: "trl", PYTHONPATH: packages },
    });
    expect(status, stderr.slice(-4000)).toBe(0);
  });
});
