/** Starts `agora join` with scripted models in processes of their own (guest.fixture.ts). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { until } from "../../runtime/bus/bus.conformance.ts";
import type { JoinFlags } from "../commands/join.ts";

const fixture = fileURLToPath(new URL("./guest.fixture.ts", import.meta.url));

export interface Guest {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  readonly ended: Promise<number | null>;
}

/** `hanging`: a role in which its models never answer, as in guest.fixture.ts. */
export const guestAt = (
  url: string,
  agents: string,
  { hanging = "", ...flags }: Partial<JoinFlags> & { hanging?: string } = {},
): Guest => {
  const child = spawn(process.execPath, [fixture, url, agents, hanging, JSON.stringify(flags)]);
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, said, ended: once(child, "exit").then(([code]): number | null => code) };
};

/** Resolves when the guest has said it; fails if it has ended without. */
export const saying = async ({ said, child }: Guest, text: string): Promise<void> => {
  await until(() => said.out.includes(text) || child.exitCode !== null);
  expect(said).toMatchObject({ out: expect.stringContaining(text) });
};
