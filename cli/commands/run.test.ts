/** `agora run` and `agora resume` as whole processes, with language models over HTTP. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
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

describe("the page after the end of a run", { timeout: 120_000 }, () => {
  const urlIn = (text: string): string => /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0] ?? "";

  const lingering = (file: string, seconds: string) =>
    agora("run", "-c", file, "--port", "0", "--problems", "0", "--linger", seconds);

  /** The text of the page's feed from now on. */
  const feedOf = async (url: string): Promise<string> => (await fetch(new URL("feed", url))).text();

  test("stays for the given time with the result, tells its viewers the end, and keeps the exit code", async () => {
    const { file } = await societyFile({}, { rounds: 1 });
    const { said, saying, ended } = lingering(file, "2");
    await saying("Page: ");
    const hearing = feedOf(urlIn(said.out));
    await saying("The page stays up for 2 s, or until Ctrl-C");
    expect(said.out).toContain("Finished: 1 round played.");
    expect((await fetch(urlIn(said.out))).status).toBe(200);
    expect(await ended).toEqual([0, null]);
    const feed = await hearing;
    expect(feed).toContain('"ended":"1 round played"');
    expect(feed).toMatch(
      /event: farewell\ndata: \{"reason":"2 s have passed since the end of the run"\}\n\n$/,
    );
  });

  test("is ended by Ctrl-C, which its viewers learn", async () => {
    const { file } = await societyFile({}, { rounds: 1 });
    const { child, said, saying, ended } = lingering(file, "600");
    await saying("The page stays up");
    const hearing = feedOf(urlIn(said.out));
    await fetch(urlIn(said.out));
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(await hearing).toContain('event: farewell\ndata: {"reason":"its user ended it"}');
  });

  test("is ended by a Ctrl-C that comes while the run closes", async () => {
    const { file, folder } = await societyFile({}, { rounds: 1 });
    const { child, said, saying, ended } = lingering(file, "600");
    await saying("Page: ");
    const hearing = feedOf(urlIn(said.out));
    // The result is written before the run is closed, and printed afterwards.
    while (!existsSync(join(folder, "result.json"))) await setImmediate();
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(said.out).toContain("Finished: 1 round played.");
    expect(await hearing).toContain('event: farewell\ndata: {"reason":"its user ended it"}');
  });

  test("does not stay without a viewer where no terminal can end it, nor after Ctrl-C during the run", async () => {
    const { file } = await societyFile({}, { rounds: 1 });
    const { code, out } = await agoraEnded("run", "-c", file, "--port", "0", "--problems", "0");
    expect([code, out.includes("The page stays up")]).toEqual([0, false]);
    const long = await societyFile({}, { rounds: 1000 });
    const { child, said, saying, ended } = agora("run", "-c", long.file, "--port", "0", "--problems", "0");
    await saying("round 0: ");
    const hearing = feedOf(urlIn(said.out));
    await saying("round 1: ");
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(await hearing).toContain('{"reason":"its user stopped the run"}');
  });

  test("a wrong time is refused", async () => {
    const { code, err } = await agoraEnded("run", "--linger", "soon");
    expect(code).toBe(2);
    expect(err).toContain("--linger is soon; expected a number of seconds");
  });
});

test("agora run --json prints one document, also if the run fails", { timeout: 120_000 }, async () => {
  const { file, folder } = await societyFile(refused, { rounds: 9 });
  const { code, out } = await agoraEnded("run", "-c", file, ...plainly, "--no-preflight", "--json");
  expect(code).toBe(4);
  expect(JSON.parse(out)).toMatchObject({ run: "test", outcome: "failed" });
  expect(existsSync(join(folder, "result.json"))).toBe(true);
});
