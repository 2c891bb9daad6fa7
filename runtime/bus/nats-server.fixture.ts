/** Starts real nats-servers for tests, on loopback and a free port. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const candidates = (): string[] => {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, "nats-server"));
};

/** Path of the nats-server program; undefined if it is not installed. */
export const natsServerProgram: string | undefined = candidates().find((path) => existsSync(path));

const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes("nats");

/** For `describe.skipIf`: nats-server is missing and AGORA_REQUIRE does not name `nats`. */
export const skipNats: boolean = natsServerProgram === undefined && !required;

/** Suffix of a suite's name: the reason for skipping it. */
export const natsNote: string = skipNats
  ? " (skipped: no nats-server on PATH; apt-get install nats-server)"
  : "";

if (skipNats) console.warn("tests with a real nats-server are skipped: nats-server is not on PATH");

export type NatsServer = {
  readonly url: string;
  readonly port: number;
  /** Kills the server without warning, like a crash. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const portIn = (folder: string): number | undefined => {
  const file = readdirSync(folder).find((name) => name.endsWith(".ports"));
  if (file === undefined) return undefined;
  try {
    const ports: { nats?: string[] } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return Number(new URL(ports.nats?.[0] ?? "").port);
  } catch {
    return undefined; // The file is not complete yet.
  }
};

const launch = async (
  folder: string,
  port: number,
  options: readonly string[],
): Promise<[ChildProcess, number]> => {
  if (natsServerProgram === undefined)
    throw new Error("AGORA_REQUIRE names nats, but no nats-server is on PATH");
  const given = ["-a", "127.0.0.1", "-p", String(port), "--ports_file_dir", folder, ...options];
  const child = spawn(natsServerProgram, given, { stdio: "ignore", cwd: folder });
  running.add(child);
  child.on("exit", () => running.delete(child));
  for (let attempt = 0; attempt < 500 && child.exitCode === null; attempt += 1) {
    const found = portIn(folder);
    if (found !== undefined) return [child, found];
    await sleep(20);
  }
  child.kill("SIGKILL");
  throw new Error(`nats-server did not start (exit code ${child.exitCode})`);
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
};

/** @param options further arguments of nats-server, for example `["-c", "nats.conf"]`. */
export const startNatsServer = async (options: readonly string[] = []): Promise<NatsServer> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-nats-"));
  let [child, port] = await launch(folder, -1, options);
  const kill = async (): Promise<void> => {
    await end(child);
    for (const name of readdirSync(folder)) if (name.endsWith(".ports")) rmSync(join(folder, name));
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    restart: async () => {
      [child] = await launch(folder, port, options);
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
