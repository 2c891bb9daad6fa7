/** `agora up` as a process, with a fake server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

const CLI = fileURLToPath(new URL("../agora.ts", import.meta.url));
const FAKE = fileURLToPath(new URL("../servers/fake-server.fixture.ts", import.meta.url));

let folder: string;
let port: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "agora-up-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  port = typeof address === "object" && address ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  return () => rmSync(folder, { recursive: true, force: true });
});

const configFile = (...options: string[]): string => {
  const file = join(folder, "config.yaml");
  const command = [process.execPath, FAKE, "--port", "{port}", ...options];
  const models = ["ant", "bee"].map((name) => ({
    name,
    model: name,
    endpoint: `http://127.0.0.1:${port}/v1`,
  }));
  const servers = [{ name: "fake", kind: "command", port, command, restarts: 0 }];
  writeFileSync(file, JSON.stringify({ runsFolder: join(folder, "runs"), models, servers }));
  return file;
};

const up = (...given: string[]) => {
  const child: ChildProcess = spawn(process.execPath, [CLI, "up", ...given], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const listeners: { text: string; resolve: () => void }[] = [];
  const hear = (chunk: unknown): void => {
    said += String(chunk);
    for (const { text, resolve } of listeners) if (said.includes(text)) resolve();
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  const ended = once(child, "close").then(([code]) => code);
  const says = (text: string) => new Promise<void>((resolve) => listeners.push({ text, resolve }));
  return { child, says, ended, said: () => said };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const serverIn = (said: string): number => Number(/pid (\d+)/.exec(said)?.[1]);

describe("agora up", () => {
  test("--dry-run prints the commands and starts nothing", async () => {
    const { ended, said } = up(configFile(), "--dry-run");
    expect(await ended).toBe(0);
    expect(said()).toContain(`# fake: healthy at http://127.0.0.1:${port}/health\n`);
    expect(said()).toContain(`${FAKE} --port ${port}\n`);
    expect(existsSync(join(folder, "runs"))).toBe(false);
  });

  test("stops its servers at Ctrl-C", async () => {
    const { child, says, ended, said } = up(configFile("--worker"));
    await says("All servers are healthy");
    expect(isAlive(serverIn(said()))).toBe(true);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(isAlive(serverIn(said()))).toBe(false);
    expect(existsSync(join(folder, "runs/servers/fake.log"))).toBe(true);
  });

  test("stops them at Ctrl-C while they start", async () => {
    const { child, says, ended, said } = up(configFile("--dumb"));
    await says("loading weights");
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(isAlive(serverIn(said()))).toBe(false);
  });

  test("runs a command while they run, and ends with its exit code", async () => {
    const look = `fetch("http://127.0.0.1:${port}/health").then(({ status }) => process.exit(status === 200 ? 7 : 1))`;
    const { ended, said } = up(configFile(), "--", process.execPath, "-e", look);
    expect(await ended).toBe(7);
    expect(isAlive(serverIn(said()))).toBe(false);
  });

  /** Says which signals it hears, and ends some time after the first with the status of the server. */
  const patient = (file: string): string[] => {
    const code = `
      const { appendFileSync } = require("node:fs");
      const say = (text) => appendFileSync(${JSON.stringify(file)}, text + "\\n");
      const end = () => fetch("http://127.0.0.1:${port}/health").then(({ status }) => process.exit(status / 100), () => process.exit(9));
      let heard = 0;
      for (const name of ["SIGINT", "SIGTERM"])
        process.on(name, () => { say(name); if (heard++ === 0) setTimeout(end, 500); });
      setInterval(() => {}, 1000);
      say(String(process.pid));`;
    return ["--", process.execPath, "-e", code];
  };
  const linesOf = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];

  test.each(["SIGTERM", "SIGINT"] as const)(
    "tells a command beside them of %s once, waits for it, and stops them then",
    async (signal) => {
      const file = join(folder, "heard");
      const { child, ended, said } = up(configFile(), ...patient(file));
      await expect.poll(() => linesOf(file).length, { timeout: 20_000 }).toBe(1);
      child.kill(signal);
      expect(await ended).toBe(2);
      expect(linesOf(file).slice(1)).toEqual([signal]);
      expect(isAlive(serverIn(said()))).toBe(false);
    },
  );

  test("kills a command beside them at the second signal", async () => {
    const file = join(folder, "heard");
    const stubborn = patient(file).map((part) => part.replace("setTimeout(end, 500)", "end"));
    const { child, ended, said } = up(configFile(), ...stubborn);
    await expect.poll(() => linesOf(file).length, { timeout: 20_000 }).toBe(1);
    child.kill("SIGTERM");
    await expect.poll(() => linesOf(file).length).toBe(2);
    child.kill("SIGTERM");
    expect(await ended).toBe(130);
    // Whoever inherits them may take its time to bury them.
    const pids = [Number(linesOf(file)[0]), serverIn(said())];
    await expect.poll(() => pids.some(isAlive), { timeout: 20_000 }).toBe(false);
  });

  test("ends a command beside them when the last one stays down", async () => {
    const file = join(folder, "heard");
    const { ended } = up(configFile("--die", "2000"), ...patient(file));
    expect(await ended).toBe(1);
    expect(linesOf(file).slice(1)).toEqual(["SIGTERM"]);
  });

  test("ends with the cause when its last server stays down", async () => {
    const { ended, said } = up(configFile("--die", "100"));
    expect(await ended).toBe(1);
    expect(said()).toMatch(
      /agora: server fake: ended with exit code 1 too often; its last lines: .*a bug, as requested/,
    );
  });

  test("ends with the cause if a server cannot start or none is configured", async () => {
    const crashed = up(configFile("--crash"));
    expect(await crashed.ended).toBe(1);
    expect(crashed.said()).toMatch(/agora: server fake: ended with exit code 3 before it was healthy/);
    const file = join(folder, "none.yaml");
    writeFileSync(file, "preset: pocket\n");
    const none = up(file);
    expect(await none.ended).toBe(2);
    expect(none.said()).toContain("names no servers. Fix: add a list such as servers:");
  });
});
