/** A trainer host in this process, for tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TrainingBackend } from "../../runtime/training.ts";
import { TwinTraining } from "../twin.ts";
import { TrainerHost } from "./host.ts";
import { TrainingQueue } from "./training-queue.ts";
import type { BackendOf } from "./workshop.ts";

/** A folder that goes with its test. */
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-queue-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface HostSettings {
  readonly servers: string;
  readonly backend?: TrainingBackend | BackendOf;
  readonly name?: string;
  readonly maxCrashes?: number;
  readonly ackWaitSeconds?: number;
  readonly folder?: string;
  readonly keyFile?: string;
}

/** It is stopped after the test. */
export const startTrainerHost = async ({
  backend = new TwinTraining(),
  name = "host",
  folder = scratch(),
  ...access
}: HostSettings) => {
  const queue = await TrainingQueue.connect({ ...access, name, takesTickets: true });
  const stopping = new AbortController();
  const said: string[] = [];
  const host = new TrainerHost({
    ...{ queue, name, folder, print: (line: string) => void said.push(line) },
    lookMilliseconds: 1_000,
    backendOf: typeof backend === "function" ? backend : () => backend,
  });
  // Its link may be cut.
  const working = host.work(stopping.signal).catch(() => {});
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("the host stops"));
    await working;
    await queue.close();
  };
  /** As the server sees a host that is killed. */
  const crash = async (): Promise<void> => {
    await queue.close();
    await stop();
  };
  onTestFinished(stop);
  return { queue, said, stop, crash };
};
