/** `agora trainer`: this machine trains for runs elsewhere, one job at a time, over a NATS server. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { pythonOf } from "../../runtime/config/trained.ts";
import { shownEndpoint } from "../../runtime/model/model-error.ts";
import { detectDevices } from "../../trainer/devices.ts";
import { TrainerHost } from "../../trainer/queue/host.ts";
import { TrainingQueue } from "../../trainer/queue/training-queue.ts";
import { workshop } from "../../trainer/queue/workshop.ts";

interface TrainerFlags {
  readonly nats?: string;
  readonly name: string;
  readonly folder: string;
  readonly device?: string;
  readonly python?: string;
  readonly trustRemoteCode?: boolean;
  readonly ackWait: string;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The first interrupt gives the job back; the second leaves at once, and the queue notices by itself. */
const interrupted = (): AbortSignal => {
  const stopping = new AbortController();
  const interrupt = () => {
    if (stopping.signal.aborted) process.exit(130);
    print("Stopping: the job under way is given back to the queue (Ctrl-C again to leave at once) …");
    stopping.abort(new Error("the host stops"));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  return stopping.signal;
};

const secondsOf = (given: string): number => {
  const seconds = Number(given);
  if (seconds >= 1) return seconds;
  throw new Error(`--ack-wait is ${given}; expected a number of seconds from 1 on`);
};

export const trainerCommand = new Command("trainer")
  .description(
    "Train for runs elsewhere (trainer: nats in their configuration): takes jobs from a work queue.",
  )
  .option("--nats <url>", "NATS server with JetStream; default: NATS_URL")
  .option("--name <name>", "what this host is called in messages", hostname())
  .option("--folder <folder>", "where jobs are worked on", "runs/trainer")
  .option("--device <device>", "GPU to train on, as CUDA_VISIBLE_DEVICES names it; default: the first found")
  .option("--python <python>", "Python with the packages of trainer/; default as for a run")
  .option("--trust-remote-code", "let checkpoints bring Python code of their own")
  .option("--ack-wait <seconds>", "silence after which a job is given to another host", "60")
  .action(async (flags: TrainerFlags) => {
    const servers = flags.nats ?? process.env.NATS_URL;
    if (!servers) throw new Error("no NATS server is named; give --nats <url>, or export NATS_URL");
    const found = flags.device === undefined ? await detectDevices() : [flags.device];
    const devices = found.slice(0, 1);
    const ackWaitSeconds = secondsOf(flags.ackWait);
    const { name } = flags;
    const queue = await TrainingQueue.connect({
      ...{ servers, ackWaitSeconds, takesTickets: true, name: `agora trainer ${name}` },
    });
    const backendOf = workshop({
      ...{ checkpoints: POCKET_FOLDER, python: pythonOf({ trainerPython: flags.python }), devices },
      ...{ trustRemoteCode: flags.trustRemoteCode ?? false, silenceSeconds: 900, graceSeconds: 60 },
    });
    const host = new TrainerHost({ queue, name, folder: resolve(flags.folder), backendOf, print });
    print(`${name} waits for jobs at ${shownEndpoint(servers)}; trains on ${devices[0] ?? "the CPU"}`);
    try {
      await host.work(interrupted());
    } finally {
      await queue.close();
    }
  });
