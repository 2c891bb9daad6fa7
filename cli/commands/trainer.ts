/** `agora trainer`: trains for runs on other machines, one job at a time, over a NATS server. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { AgoraError } from "../../runtime/agora-error.ts";
import { shownServers } from "../../runtime/bus/nats-address.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { pythonOf } from "../../runtime/config/trained.ts";
import { detectDevices } from "../../trainer/devices.ts";
import { TrainerHost } from "../../trainer/queue/host.ts";
import { TrainingQueue } from "../../trainer/queue/training-queue.ts";
import { workshop } from "../../trainer/queue/workshop.ts";
import { UsageError } from "../exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

interface TrainerFlags extends OutputFlags {
  readonly nats?: string;
  readonly natsKey?: string;
  readonly natsCa?: string;
  readonly natsReplicas: string;
  readonly name: string;
  readonly folder: string;
  readonly device?: string;
  readonly python?: string;
  readonly trustRemoteCode?: boolean;
  readonly ackWait: string;
}

const stopping = "Stopping: the current job goes back to the queue (Ctrl-C again to exit immediately) …";

const secondsOf = (given: string): number => {
  const seconds = Number(given);
  if (seconds >= 1) return seconds;
  throw new UsageError(`--ack-wait is ${given}`, { expected: "1 second or more" });
};

const replicasOf = ({ natsReplicas }: TrainerFlags): number => {
  const replicas = Number(natsReplicas);
  if ([1, 3, 5].includes(replicas)) return replicas;
  throw new UsageError(`--nats-replicas is ${natsReplicas}`, { expected: "1, 3 or 5" });
};

class FolderError extends AgoraError<"AGORA_TRAINER_FOLDER"> {}

/** Makes it where it is missing. @throws FolderError */
const writableFolder = ({ folder }: TrainerFlags): string => {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    return path;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `--folder ${folder} cannot hold the files of jobs: ${why}`;
    throw new FolderError("AGORA_TRAINER_FOLDER", problem, {
      fix: "name another folder, or make this one writable",
      cause,
    });
  }
};

export const train = async (flags: TrainerFlags): Promise<void> => {
  const servers = flags.nats ?? process.env.NATS_URL;
  if (!servers)
    throw new UsageError("no NATS server is named", { fix: "give --nats <url>, or export NATS_URL" });
  const { say: print } = new Output(flags);
  const found = flags.device === undefined ? await detectDevices() : [flags.device];
  const devices = found.slice(0, 1);
  const ackWaitSeconds = secondsOf(flags.ackWait);
  const { name } = flags;
  const queue = await TrainingQueue.connect({
    ...{ keyFile: flags.natsKey ?? process.env.NATS_KEY, caFile: flags.natsCa },
    ...{ servers, ackWaitSeconds, takesTickets: true, name: `agora trainer ${name}` },
    replicas: replicasOf(flags),
  });
  const backendOf = workshop({
    ...{ checkpoints: POCKET_FOLDER, python: pythonOf({ trainerPython: flags.python }), devices },
    ...{ trustRemoteCode: flags.trustRemoteCode ?? false, silenceSeconds: 900 },
    // A host that has lost its lease has half the ack wait to end its training.
    graceSeconds: Math.min(60, ackWaitSeconds / 4),
  });
  try {
    const host = new TrainerHost({ queue, name, folder: writableFolder(flags), backendOf, print });
    for (const difference of queue.differences) print(`NATS: ${difference}`);
    print(`${name} waits for jobs at ${shownServers({ servers })}; trains on ${devices[0] ?? "the CPU"}`);
    await host.work(onInterrupt(() => print(stopping)).signal);
  } finally {
    await queue.close();
  }
};
