/** The LoRA queue: machines/trainer.ts with training slots and a training backend. */
import { fromPromise } from "xstate";
import {
  type Candidate,
  type JobInput,
  jobMachine,
  type Lease,
  type Trained,
  type Turn,
} from "../../machines/job.ts";
import { hashOf } from "../../machines/random.ts";
import { trainerMachine } from "../../machines/trainer.ts";
import type { TrainingOrder } from "../../runtime/training.ts";
import { type AgentType, planOf, type Tools } from "../agent.ts";
import { UnknownModel } from "../roles/ask.ts";
import { asModel } from "../roles/prompting.ts";
import { Leases } from "./leases.ts";
import { sampleOf } from "./sample.ts";

type Leased = JobInput & { readonly slot: number };

const orderOf = (tools: Tools, { requested, examples, slot }: Leased): TrainingOrder => {
  const { config, models } = tools;
  const served = models.get(requested.model);
  if (served === undefined) throw new UnknownModel(requested.model);
  const continued = config.loraFrom === "adapter" && requested.previous > 0;
  return {
    job: requested.job,
    model: requested.model,
    previous: continued ? served.folder(requested.previous) : undefined,
    samples: examples.map((example) => sampleOf(asModel(tools, requested.model), example)),
    rank: config.loraRank,
    alpha: config.loraAlpha,
    dropout: config.loraDropout,
    targets: config.loraTargets,
    learningRate: config.loraLearningRate * (continued ? config.loraDecay ** (requested.generation - 1) : 1),
    epochs: config.loraEpochs,
    batchSize: config.loraBatchSize,
    seed: hashOf(config.seed, requested.job) >>> 1,
    output: served.folder(requested.version),
    slot,
  };
};

const trainJob = (tools: Tools, input: Leased, signal: AbortSignal): Promise<Trained> => {
  const { job, model } = input.requested;
  const { slot } = input;
  const training = tools.training.train(orderOf(tools, input), signal, ({ step, steps, loss }) =>
    tools.send([{ type: "training.progressed", job, model, state: "training", step, steps, loss, slot }]),
  );
  return tools.turns.occupy(slot, training);
};

const jobOf = (tools: Tools) => {
  const { turns, models } = tools;
  const leases = new Leases(tools.config.trainingSlots ?? tools.training.slots ?? 1);
  return jobMachine.provide({
    actors: {
      lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(
        async ({ input, signal }) => {
          const slot = await leases.acquire(input.job, signal);
          return { slot, shared: turns.isShared(slot) };
        },
      ),
      drain: fromPromise<void, Turn>(({ input: { slot, job }, signal }) => turns.drain(slot, job, signal)),
      sleep: fromPromise<void, Turn>(({ input }) => turns.sleep(input.slot)),
      wake: fromPromise<void, Turn>(({ input }) => turns.wake(input.slot)),
      load: fromPromise<void, Candidate>(async ({ input }) => models.get(input.model)?.load(input.version)),
      train: fromPromise<Trained, Leased>(({ input, signal }) => trainJob(tools, input, signal)),
    },
    actions: {
      release: (_, { job }) => leases.release(job),
      discard: (_, { model, version, job, cause }) => {
        void models.get(model)?.drop(version);
        // A queue that cannot be reached now keeps the job until it is trained, or expires.
        tools.training.cancel?.(job, cause).catch(() => {});
      },
    },
  });
};

export const trainer: AgentType = {
  kind: "trainer",
  member: false,
  essential: true,
  plan: (tools) => {
    const machine = trainerMachine.provide({ actors: { job: jobOf(tools) } });
    const untrained = tools.config.models.filter(({ adapters }) => !adapters).map(({ name }) => name);
    return planOf("trainer", machine, { settings: tools.config, records: tools.records, untrained });
  },
};
