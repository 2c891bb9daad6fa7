/** `agora run` and `agora resume` as whole processes, with language models over HTTP. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agora, agoraEnded } from "../agora.fixture.ts";
import { englishSociety, type Member } from "../host/english-society.fixture.ts";
import { runFolder } from "../host/run-folder.ts";

const refused = { instead: () => ({ fail: 401 }) } as const;
const prose = { instead: () => ({ text: "no" }) } as const;

/** A society of three with its configuration in a file. */
const societyFile = async (member: Member, overrides = {}) => {
  const { config } = await englishSociety(
    { ant: member, bee: member, cat: member },
    { lora: false, ...overrides },
  );
  const file = join(config.runsFolder, "society.json");
  writeFileSync(file, JSON.stringify(config));
  return { file, folder: runFolder(config), runsFolder: config.runsFolder };
};
const plainly = ["--no-page", "--problems", "0"];

describe("agora run", { timeout: 120_000 }, () => {
  test("stops cleanly when its terminal closes, and resumes", async () => {
    const { file, folder, runsFolder } = await societyFile({}, { rounds: 1000 });
    const { child, saying, ended, said } = agora("run", "-c", file, ...plainly);
    await saying("round 0: ");
    child.kill("SIGHUP");
    expect(await ended).toEqual([130, null]);
    expect(said.err).toBe("");
    expect(said.out).toContain(`Stopped; continue with: npm run agora -- resume test --runs ${runsFolder}`);
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8"))).toMatchObject({
      outcome: "stopped",
    });
    const again = agora("resume", "test", "--runs", runsFolder, ...plainly);
    await again.saying("Resumed run test");
    again.child.kill("SIGHUP");
    expect(await again.ended).toEqual([130, null]);
  });

  test("continues when its output is closed", async () => {
    const { file, folder } = await societyFile({}, { rounds: 2 });
    const { child, saying, ended, said } = agora("run", "-c", file, ...plainly);
    await saying("Started run");
    child.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    expect(said.err).toBe("");
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8"))).toMatchObject({ rounds: 2 });
  });

  test("ends with its own exit code and the cause if every member is refused", async () => {
    const { file } = await societyFile(refused, { rounds: 9, randomQGen: true });
    const { code, out } = await agoraEnded("run", "-c", file, ...plainly, "--no-preflight");
    expect(code).toBe(4);
    expect(out).toMatch(/Failed: the run cannot continue: .*HTTP 401/);
  });

  test("ends with its own exit code and the cause after three rounds of void questions", async () => {
    const { file } = await societyFile(prose, { rounds: 9 });
    const { code, out } = await agoraEnded("run", "-c", file, ...plainly, "--no-preflight");
    expect(code).toBe(4);
    expect(out).toMatch(/Failed: .*void/);
  });
});

test("agora run --json prints one document, also if the run fails", { timeout: 120_000 }, async () => {
  const { file, folder } = await societyFile(refused, { rounds: 9 });
  const { code, out } = await agoraEnded("run", "-c", file, ...plainly, "--no-preflight", "--json");
  expect(code).toBe(4);
  expect(JSON.parse(out)).toMatchObject({ run: "test", outcome: "failed" });
  expect(existsSync(join(folder, "result.json"))).toBe(true);
});
