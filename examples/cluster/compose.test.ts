/** What compose.yaml starts, without containers: each name is a loopback address of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { agora } from "../../cli/agora.fixture.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { natsNote, natsServerProgram, skipNats } from "../../runtime/bus/nats-server.fixture.ts";

const service = z.object({
  command: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.literal("service_healthy") })).default({}),
  healthcheck: z.object({ test: z.string() }).optional(),
});
const file = readFileSync(join(import.meta.dirname, "compose.yaml"), "utf8");
const { services } = z
  .object({ services: z.record(z.string(), service) })
  .parse(parse(file, { merge: true, strict: true }));
const isServer = (name: string): boolean => name.startsWith("nats");
const servers = Object.keys(services).filter(isServer);
const serviceOf = (name: string) => services[name] ?? expect.fail(`no service is called ${name}`);

const isLacking = skipNats || process.platform !== "linux";
const note = natsNote || (isLacking ? " (skipped: only Linux has all addresses of 127.0.0.0/8)" : "");

/** Only Linux answers to all addresses of 127.0.0.0/8 without being told. */
const net = `127.77.${process.pid % 250}`;
const placed = (text: string, own = ""): string =>
  text.replaceAll("0.0.0.0", own).replaceAll(/\bnats(\d)\b/g, `${net}.$1`);

/** The file that a volume shows at a path. */
const sourceOf = (volumes: readonly string[], path: string): string => {
  const [source] = volumes.find((volume) => volume.split(":")[1] === path)?.split(":") ?? [];
  return join(import.meta.dirname, source ?? expect.fail(`nothing is at ${path}`));
};

const startServer = (name: string): void => {
  const { command, environment, volumes } = serviceOf(name);
  const store = mkdtempSync(join(tmpdir(), "agora-compose-"));
  const own = placed(name);
  const variables = Object.entries(environment).map(([key, value]) => {
    if (key === "SERVER") return [key, value];
    return [key, placed(value, own).replace("/data", store)];
  });
  const given = command.split(" ").map((word) => (word.startsWith("/") ? sourceOf(volumes, word) : word));
  const env = { ...process.env, ...Object.fromEntries(variables) };
  const child = spawn(natsServerProgram ?? "nats-server", given, { env, stdio: "ignore" });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(store, { recursive: true, force: true });
  });
};

const isHealthy = async (name: string): Promise<boolean> => {
  const { healthcheck } = serviceOf(name);
  const address = healthcheck?.test.split(" ").at(-1) ?? expect.fail(`nothing asks ${name}`);
  const answer = await fetch(address.replace("127.0.0.1", placed(name))).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
};

const brief = ["rounds=1", "questionsPerRound=4", "lora=false", "externalAnchor=false"];

test("services wait for servers that there are", () => {
  for (const name of Object.keys(services).filter((each) => !isServer(each)))
    expect(Object.keys(serviceOf(name).depends_on)).toEqual(servers);
});

test.skipIf(isLacking)(`the services play one run${note}`, { timeout: 300_000 }, async () => {
  expect(servers).toHaveLength(3);
  for (const name of servers) startServer(name);
  for (const name of servers) while (!(await isHealthy(name))) await sleep(100);
  const { runsFolder } = societyConfig();
  const settings = [`runsFolder=${runsFolder}`, ...brief].flatMap((setting) => ["-s", setting]);
  const wordsOf = (name: string): string[] => placed(serviceOf(name).command).split(" ");
  const host = agora(...wordsOf("host"), ...settings, "--problems", "0");
  const guests = ["mole", "otter"].map((name) => agora(...wordsOf(name), "--wait", "200"));
  expect([await host.ended, host.said.err]).toEqual([[0, null], ""]);
  for (const { ended, said } of guests) {
    expect([await ended, said.err]).toEqual([[0, null], ""]);
    expect(said.out).toContain("The run has finished: 1 round played.");
  }
  expect(host.said.out).not.toContain("nothing is kept");
});
