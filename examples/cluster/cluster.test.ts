/** A run over a cluster of three NATS servers: members at different servers, one of which is killed. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { scriptedParts, slowScripts } from "../../cli/host/scripted-society.ts";
import { ofType, playWith, societyConfig } from "../../cli/host/society.fixture.ts";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, skipNats } from "../../runtime/bus/nats-server.fixture.ts";
import type { Message } from "../../runtime/messages.ts";

const program = join(import.meta.dirname, "start");
const guest = fileURLToPath(new URL("../../cli/host/guest.fixture.ts", import.meta.url));

/** Whether this machine lets us make network namespaces. */
const mayMakeNamespaces = (): boolean => {
  const [name, bridge] = ["agora-probe", "agora-probe-br"];
  const made =
    spawnSync("ip", ["netns", "add", name]).status === 0 &&
    spawnSync("ip", ["link", "add", bridge, "type", "bridge"]).status === 0;
  spawnSync("ip", ["netns", "delete", name]);
  spawnSync("ip", ["link", "delete", bridge]);
  return made;
};

const startCluster = async (more: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), "agora-cluster-"));
  const port = String(20_000 + (process.pid % 10_000));
  const child = spawn(program, [folder], { env: { ...process.env, PORT: port, ...more } });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  let [said, complained] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complained += text;
  });
  await until(() => said.includes("\n") || child.exitCode !== null);
  const pidOf = (server: number) => Number(readFileSync(join(folder, `${server}.pid`), "utf8"));
  const servers = said.trim().split(",");
  expect(servers, complained).toHaveLength(3);
  return { servers, pidOf };
};

const surroundings = [
  ["on one host, with different ports", {}, skipNats],
  ["in three network namespaces", { NETNS: "1" }, skipNats || !mayMakeNamespaces()],
] as const;

describe.each(surroundings)("a cluster %s", (_, more, isLacking) => {
  const note = isLacking ? natsNote || " (skipped: no right to make network namespaces)" : "";

  test.skipIf(isLacking)(`loses a server and plays on${note}`, { timeout: 120_000 }, async () => {
    const { servers, pidOf } = await startCluster(more);
    const [first = "", second = "", third = ""] = servers;
    const rotated = [second, third, first].join(",");
    const config = societyConfig({
      ...{ rounds: 100_000, lora: false, externalAnchor: false, heartbeatSeconds: 0.5 },
      ...{ phaseTimeoutSeconds: 30, patienceSeconds: 5, callTimeoutSeconds: 5 },
    });
    const scripts = slowScripts(["ant"], 0.02);
    const parts = scriptedParts(config, { scripts, bus: await connectNatsBus({ servers: first }) });
    const heard: Message[] = [];
    const solvedBy = (from: number, name: string) =>
      ofType(heard.slice(from), "question.settled").filter(({ dossier }) =>
        dossier.solutions.some(({ author }) => author === name),
      ).length;
    const { records } = await playWith(config, parts, {
      remote: ["bee", "cat"],
      onMessage: (message) => void heard.push(message),
      during: async (run) => {
        for (const [name, at] of [
          ["bee", rotated],
          ["cat", [third, first, second].join(",")],
        ] as const) {
          const child = spawn(process.execPath, [guest, at, name], { stdio: "ignore" });
          onTestFinished(() => void child.kill("SIGKILL"));
        }
        await until(() => solvedBy(0, "bee") > 2 && solvedBy(0, "cat") > 2);
        process.kill(pidOf(2), "SIGKILL");
        const from = heard.length;
        await until(() => solvedBy(from, "bee") > 5 && solvedBy(from, "cat") > 5);
        await run.stop();
      },
    });
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier.question);
    expect(new Set(settled).size).toBe(settled.length);
  });
});
