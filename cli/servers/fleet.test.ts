import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Fleet } from "./fleet.ts";
import { freePort } from "./health.ts";
import { signalGroup } from "./process-group.ts";
import type { ServerCommand } from "./server-command.ts";
import type { ServerError } from "./server-error.ts";

const FAKE = fileURLToPath(new URL("fake-server.fixture.ts", import.meta.url));
const pace = { look: 20, watch: 20, report: 100, pause: 20, grace: 300 };

const commandOf = async (name: string, ...options: string[]): Promise<ServerCommand> => {
  const port = await freePort();
  return {
    ...{ name, port, folder: undefined, gpus: undefined, startSeconds: 20, restarts: 2 },
    argv: [process.execPath, FAKE, "--port", String(port), ...options],
    environment: {},
    borrowed: {},
    health: `http://127.0.0.1:${port}/health`,
  };
};

const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-fleet-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A fleet with its printed lines; it is stopped after the test. */
const fleetOf = (commands: readonly ServerCommand[], environment: NodeJS.ProcessEnv = process.env) => {
  const logs = scratch();
  const lines: string[] = [];
  const lost: ServerError[] = [];
  const fleet = new Fleet(commands, {
    ...{ logs, environment, pace },
    print: (line) => void lines.push(line),
    onLost: (error) => void lost.push(error),
  });
  onTestFinished(() => fleet.stop());
  return { fleet, lines, lost, logs };
};

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(10);
};
const pidsIn = (lines: readonly string[], what = "pid"): number[] =>
  lines.flatMap((line) => Number(new RegExp(`${what} (\\d+)`).exec(line)?.[1] ?? []) || []);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a fleet", () => {
  test("starts when every server is healthy, and shows and logs their output", async () => {
    const commands = [await commandOf("ant", "--slow", "150"), await commandOf("heron")];
    const { fleet, lines, logs } = fleetOf(commands);
    await fleet.start();
    expect(lines.filter((line) => line.includes("healthy at"))).toHaveLength(2);
    expect(lines).toContain("ant   │ loading weights");
    expect(lines).toContain("heron │ loading weights");
    const pids = pidsIn(lines);
    await fleet.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(readFileSync(join(logs, "ant.log"), "utf8")).toMatch(/^\S+Z loading weights$/m);
  });

  test("starts servers on the same GPU one after another", async () => {
    const both = await Promise.all(["ant", "bee"].map((name) => commandOf(name, "--slow", "100")));
    const { fleet, lines } = fleetOf(both.map((command) => ({ ...command, gpus: [0, 1] })));
    await fleet.start();
    const order = lines.filter((line) => /pid|healthy at/.test(line)).map((line) => line.split(" ")[0]);
    expect(order).toEqual(["ant", "ant", "bee", "bee"]);
  });

  test("kills a server that ignores SIGTERM, and its child processes", async () => {
    const { fleet, lines } = fleetOf([await commandOf("ant", "--deaf", "--worker")]);
    await fleet.start();
    await fleet.stop();
    expect(lines).toContain("ant │ SIGTERM ignored");
    expect([...pidsIn(lines), ...pidsIn(lines, "worker")].map(isAlive)).toEqual([false, false]);
  });

  test("passes a key to the server and redacts it in output and log", async () => {
    const command = await commandOf("ant", "--show", "VLLM_API_KEY");
    const { fleet, lines, logs } = fleetOf([{ ...command, borrowed: { VLLM_API_KEY: "SOME_KEY" } }], {
      ...process.env,
      SOME_KEY: "sk-very-secret",
    });
    await fleet.start();
    expect(lines).toContain("ant │ VLLM_API_KEY=[key]");
    await fleet.stop();
    expect(readFileSync(join(logs, "ant.log"), "utf8")).not.toContain("sk-very-secret");
  });
});

describe("a start fails with its cause, and all servers are stopped, if", () => {
  test("a port is in use", async () => {
    const [sound, blocked] = [await commandOf("ant"), await commandOf("bee")];
    const listener = createServer().listen(blocked.port, "127.0.0.1");
    onTestFinished(() => void listener.close());
    const { fleet, lines } = fleetOf([sound, blocked]);
    await expect(fleet.start()).rejects.toMatchObject({
      code: "server.port",
      message: expect.stringContaining(`server bee: port ${blocked.port} is in use. Fix: `),
    });
    expect(pidsIn(lines).some(isAlive)).toBe(false);
  });

  test("a program is missing", async () => {
    const command = await commandOf("ant");
    const { fleet } = fleetOf([{ ...command, argv: ["no-such-program", "serve"] }]);
    await expect(fleet.start()).rejects.toMatchObject({
      code: "server.program",
      message: expect.stringMatching(/no-such-program cannot be started \(spawn no-such-program ENOENT\)/),
    });
  });

  test("a server exits before it is healthy; it is not restarted, and its last lines are shown", async () => {
    const { fleet, lines } = fleetOf([await commandOf("ant", "--crash")]);
    await expect(fleet.start()).rejects.toMatchObject({
      code: "server.died",
      message: expect.stringMatching(
        /ended with exit code 3 before it was healthy; its last lines: .*out of memory, as requested/,
      ),
    });
    expect(pidsIn(lines)).toHaveLength(1);
  });

  test("a server is not healthy in time", async () => {
    const late = { ...(await commandOf("ant", "--dumb")), startSeconds: 3 };
    const { fleet, lines } = fleetOf([late]);
    await expect(fleet.start()).rejects.toMatchObject({
      code: "server.late",
      message: expect.stringMatching(/not healthy within 3 s; its last lines: .*loading weights/),
    });
    expect(lines.some((line) => line.includes("not healthy yet after"))).toBe(true);
    expect(pidsIn(lines).some(isAlive)).toBe(false);
  });
});

describe("a server that fails", () => {
  test("is restarted", async () => {
    const mark = join(scratch(), "died");
    const { fleet, lines, lost } = fleetOf([await commandOf("ant", "--die", "100", "--once", mark)]);
    await fleet.start();
    await until(() => lines.filter((line) => line.includes("healthy at")).length === 2);
    expect(
      lines.some((line) => line.includes("ended with exit code 1; restarting in 0.02 s (1 of at most 2)")),
    ).toBe(true);
    const [first, second] = pidsIn(lines);
    expect([first, second].map((pid) => isAlive(pid ?? 0))).toEqual([false, true]);
    expect(lost).toEqual([]);
  });

  test("a server that fails too often stays down with the cause, and the others continue", async () => {
    const commands = [await commandOf("ant", "--die", "30"), await commandOf("bee")];
    const { fleet, lines, lost } = fleetOf(commands);
    await fleet.start();
    await until(() => lost.length > 0);
    expect(lost[0]).toMatchObject({ code: "server.died", server: "ant" });
    expect(lost[0]?.message).toMatch(
      /ended with exit code 1 too often; its last lines: .*a bug, as requested/,
    );
    const ants = lines.filter((line) => line.startsWith("ant") && line.includes("pid"));
    expect(ants).toHaveLength(3);
    const [bee] = pidsIn(lines.filter((line) => line.startsWith("bee")));
    expect(isAlive(bee ?? 0)).toBe(true);
  });

  test("its health checks is restarted", async () => {
    const { fleet, lines } = fleetOf([await commandOf("ant", "--ill")]);
    await fleet.start();
    await until(() => lines.some((line) => line.includes("its health checks failed; restarting")));
    expect(isAlive(pidsIn(lines)[0] ?? 0)).toBe(false);
  });
});

test("the servers of a fleet end if its process is killed", async () => {
  const command = await commandOf("ant", "--worker");
  const script = `
    const { Fleet } = await import(${JSON.stringify(join(import.meta.dirname, "fleet.ts"))});
    const fleet = new Fleet([${JSON.stringify(command)}], {
      logs: ${JSON.stringify(scratch())}, print: (line) => console.log(line), pace: ${JSON.stringify(pace)},
    });
    await fleet.start();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  await until(() => said.includes("healthy at"));
  const pids = [...pidsIn([said]), ...pidsIn([said], "worker")];
  expect(pids.map(isAlive)).toEqual([true, true]);
  child.kill("SIGKILL");
  await until(() => !pids.some(isAlive));
  expect(signalGroup(pids[0] ?? 0, 0)).toBe(false);
});
