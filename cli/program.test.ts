/** The command line as a whole. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { agoraEnded } from "./agora.fixture.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { programOf } from "./program.ts";

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-program-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test("--version prints the version of package.json", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(await agoraEnded("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("help names the exit codes, and no command is loaded for it", async () => {
  const { code, out } = await agoraEnded("--help");
  expect(code).toBe(0);
  expect(out).toMatch(/5 +the run ended, but training failed for every member/);
  const source = readFileSync(new URL("./program.ts", import.meta.url), "utf8");
  expect(source).not.toMatch(/^import .*\.\/commands\//m);
});

test("models --json is one document", async () => {
  const { code, out, err } = await agoraEnded("models", "--json");
  expect([code, err]).toEqual([0, ""]);
  const [heron] = JSON.parse(out);
  expect(Object.keys(heron)).toEqual(["name", "parameters", "width", "layers", "heads"]);
  expect(heron.parameters).toBeGreaterThan(80_000);
});

test("doctor --json prints every check, and the exit code says whether one failed", async () => {
  const folder = folderOf();
  const set = ["-s", `runsFolder=${folder}`];
  const good = await agoraEnded("doctor", "--json", ...set);
  expect(JSON.parse(good.out)).toMatchObject({ ok: true });
  expect(good.code).toBe(0);
  const bad = await agoraEnded("doctor", "--json", ...set, "-s", "pack=klingon");
  const { ok, checks } = JSON.parse(bad.out);
  expect([ok, bad.code]).toEqual([false, 3]);
  expect(checks.filter((check: { ok: boolean }) => !check.ok)).toMatchObject([{ name: "pack klingon" }]);
  const quiet = await agoraEnded("doctor", "--quiet", ...set);
  expect(quiet).toEqual({ code: 0, out: "", err: "" });
});

describe("the exit code", () => {
  test("is 2 if the command line or the configuration is wrong", async () => {
    const file = join(folderOf(), "run.yaml");
    writeFileSync(file, "rounds: 20\nround: 3\n");
    for (const given of [
      ["nope"],
      ["run", "--nope"],
      ["run", "--problems", "many"],
      ["run", "--problems", ""],
      ["completion", "csh"],
    ])
      expect((await agoraEnded(...given)).code, given.join(" ")).toBe(2);
    const { code, err } = await agoraEnded("run", "-c", file);
    expect(code).toBe(2);
    expect(err).toContain(`agora: ${file}:2:1: round: unknown key`);
  });

  test.each([
    ["doctor", "-s", "nats=nats://me:hidden@127.0.0.1:99999"],
    ["run", "--nats", "nats://me:hidden@127.0.0.1:99999"],
    ["join", "nats://me:hidden@127.0.0.1:99999", "--agents", "ant"],
    ["trainer", "--nats", "nats://me:hidden@127.0.0.1:99999", "--device", "cpu"],
  ])("is 2 if %s gets an address that no NATS server can have", async (...given) => {
    const { code, out, err } = await agoraEnded(...given);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("nats://127.0.0.1:99999 is no address of a NATS server; expected a URL such as");
    expect(err).not.toContain("hidden");
  });

  test("is 3 if something is missing before a run, and no run is created", async () => {
    const folder = folderOf();
    const { code, err } = await agoraEnded("run", "-s", `runsFolder=${folder}/runs`, "-s", "pack=klingon");
    expect(code).toBe(3);
    expect(err).toMatch(/pack klingon: .*\n {6}fix: /);
    expect(existsSync(join(folder, "runs"))).toBe(false);
  });

  test("can come from the cause of an error", () => {
    const stuck = Object.assign(new Error("stuck"), { code: "AGORA_STUCK" });
    expect(exitCodeOf(new Error("agent supervisor failed", { cause: stuck }))).toBe(4);
    expect(exitCodeOf(new Error("whatever"))).toBe(1);
  });
});

test("docs/commands.md names every command, option and exit code", () => {
  const text = readFileSync(fileURLToPath(new URL("../docs/commands.md", import.meta.url)), "utf8");
  for (const command of programOf().commands) {
    expect(text).toContain(`## agora ${command.name()}`);
    const section = text.split(`## agora ${command.name()}\n`)[1]?.split("\n## ")[0] ?? "";
    for (const { long } of command.options)
      expect(section, `${command.name()} ${long}`).toContain(`\`${long}`);
  }
});
