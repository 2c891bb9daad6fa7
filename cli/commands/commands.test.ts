/** `agora replay` and `agora watch`, as processes and as functions. */
import { registerHooks } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import { playRecorded } from "../../dashboard/recorded-run.fixture.ts";
import type { RunView } from "../../dashboard/view.ts";
import { agora, agoraEnded } from "../agora.fixture.ts";
import { type Run, runFolder } from "../host/host.ts";
import { sayingOf, societyConfig } from "../host/society.fixture.ts";
import { knownRunFolder } from "./known-run.ts";
import { addressOf } from "./page.ts";
import { watchRun } from "./watch.ts";

const finishedRun = async () => {
  const config = societyConfig({ rounds: 2, bufferThreshold: 4 });
  await playRecorded(config);
  return config;
};

describe("the name of a run", () => {
  test("leads to its folder; the error for an unknown name lists the known runs", async () => {
    const config = await finishedRun();
    const { runsFolder } = config;
    expect(knownRunFolder("test", runsFolder)).toBe(runFolder(config));
    for (const name of ["tset", "../test", "", ".", "test/../test", "/etc"]) {
      expect(() => knownRunFolder(name, runsFolder)).toThrow(
        expect.objectContaining({
          code: "AGORA_RUN_UNKNOWN",
          message: `no run in ${runsFolder} is called "${name}"; expected one of test`,
        }),
      );
    }
    expect(() => knownRunFolder("test", `${runsFolder}/none`)).toThrow("Fix: start one with");
  });

  test("is checked by every command", async () => {
    const { runsFolder } = await finishedRun();
    for (const command of ["replay", "watch", "resume"]) {
      const { ended, said } = agora(command, "nope", "--runs", runsFolder);
      expect(await ended).toEqual([1, null]);
      expect(said.err).toBe(`agora: no run in ${runsFolder} is called "nope"; expected one of test\n`);
    }
  });
});

test("an invalid port or host is refused", () => {
  for (const port of ["x", "-1", "70000", "1.5", "", " "])
    expect(() => addressOf({ port })).toThrow(`--port is ${port}`);
  for (const host of ["", " "])
    expect(() => addressOf({ host })).toThrow("--host is empty; expected an address of this machine");
  expect(addressOf({ port: "0", host: "::1" })).toEqual({ port: 0, host: "::1" });
});

describe("agora replay", () => {
  test("serves the run until it is interrupted", async () => {
    const { runsFolder } = await finishedRun();
    const { child, said, saying, ended } = agora("replay", "test", "--runs", runsFolder, "--port", "0");
    await saying("Page: ");
    const url = said.out.match(/Page: (\S+)/)?.[1] ?? "";
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const run = (await (await fetch(new URL("api/run", url))).json()) as RunView;
    expect(run).toMatchObject({ run: "test", live: false, outcome: "2 rounds played" });
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(said.err).toBe("");
  });
});

describe("agora replay --json", () => {
  test("prints the address as JSON, and nothing else", async () => {
    const { runsFolder } = await finishedRun();
    const { child, said, saying, ended } = agora(
      ...["replay", "test", "--runs", runsFolder, "--port", "0", "--json"],
    );
    await saying("Page: ");
    await expect.poll(() => said.out).toMatch(/\n$/);
    expect(JSON.parse(said.out)).toMatchObject({ run: "test", url: expect.stringMatching(/^http:/) });
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });
});

describe("agora watch", () => {
  test("with --json prints the records of the journal, one per line", async () => {
    const { runsFolder } = await finishedRun();
    const { code, out, err } = await agoraEnded("watch", "test", "--runs", runsFolder, "--json");
    expect([code, err]).toEqual([0, ""]);
    const records = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ type }) => type)).toContain("question.settled");
    expect(records).toContainEqual(expect.objectContaining({ type: "run.finished", rounds: 2 }));
  });

  const screen = () => ({
    written: "",
    write(text: string) {
      this.written += text;
    },
  });
  const never = new AbortController().signal;

  test("prints the state of a finished run and ends", async () => {
    const config = await finishedRun();
    const stream = screen();
    await watchRun({ folder: runFolder(config), run: "test", signal: never, stream });
    const lines = stream.written.split("\n");
    expect(lines[0]).toBe(`Watching run test in ${runFolder(config)} (Ctrl-C to end)`);
    expect(lines).toContainEqual(expect.stringMatching(/^round {5}1\/2 · (ant|bee|cat) poses/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ratings {3}(\w+(@v1)? \d+\.\d ± \d+\.\d( · )?){3}$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^agents .*supervisor finished.* ant /));
    expect(lines.at(-2)).toBe("finished after 2 rounds: 2 rounds played");
  });

  test("follows a running run to its end", async () => {
    const config = societyConfig({ rounds: 4, bufferThreshold: 4 });
    const stream = screen();
    const closed = sayingOf(({ type }) => type === "round.closed");
    let watching: Promise<void> | undefined;
    await playRecorded(config, {
      onMessage: closed.onMessage,
      during: async (run: Run) => {
        watching = watchRun({ folder: run.folder, run: "test", signal: never, stream });
        await closed.said;
      },
    });
    await watching;
    expect(stream.written).toMatch(/round 3: 2 settled/);
    expect(stream.written).toMatch(/finished after 4 rounds: 4 rounds played\n$/);
  });

  test("prints how to continue an interrupted run", async () => {
    const config = societyConfig({ rounds: 50 });
    const settled = sayingOf(({ type }) => type === "question.settled");
    await playRecorded(config, {
      onMessage: settled.onMessage,
      during: async (run: Run) => {
        await settled.said;
        await run.stop();
      },
    });
    const stream = screen();
    await watchRun({ folder: runFolder(config), run: "test", signal: never, stream });
    expect(stream.written).toMatch(/continue it with: npm run agora -- resume test --runs \S+\n$/);
  });

  test("ends when its signal aborts", async () => {
    const config = societyConfig({ rounds: 50 });
    await playRecorded(config, {
      during: async (run: Run) => {
        const stopping = new AbortController();
        const stream = { isTTY: true, ...screen() };
        const watching = watchRun({ folder: run.folder, run: "test", signal: stopping.signal, stream });
        stopping.abort();
        await watching;
        await run.stop();
      },
    });
  });
});

test("--stately without its package names the package and the fix", async () => {
  const missing = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === "@statelyai/inspect") throw new Error("Cannot find package");
      return next(specifier, context);
    },
  });
  onTestFinished(() => missing.deregister());
  const { statelyInspector } = await import("./stately.ts");
  await expect(statelyInspector(() => {})).rejects.toMatchObject({
    code: "AGORA_STATELY",
    message: expect.stringContaining("npm install @statelyai/inspect"),
  });
});
