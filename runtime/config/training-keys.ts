/** Keys of the buffer and of the LoRA jobs: parametric evolution (Eq. 3). */
import { z } from "zod";

const share = z.number().min(0).max(1);
const atLeastOne = z.int().min(1);

export const trainingKeys = {
  bufferThreshold: atLeastOne
    .default(1024)
    .describe("|B_hq| that starts the LoRA jobs [samples]. Source: paper."),
  trainAfter: z
    .enum(["samples", "round"])
    .default("samples")
    .describe(
      "When a generation trains: once the buffer is full, while play goes on, or after every round on all samples that wait; then the next round waits for the jobs. Source: ours.",
    ),
  trainOn: z
    .enum(["group", "own"])
    .default("group")
    .describe(
      "Whose samples a member's job trains on: those of the whole group (Eq. 3), or only those it wrote itself. Source: ours.",
    ),
  loraRank: atLeastOne.default(16).describe("Rank r. Source: paper."),
  loraAlpha: z
    .number()
    .gt(0)
    .default(32)
    .describe("Scale α of the adapter (α / r multiplies it). Source: paper."),
  loraDropout: z.number().min(0).lt(1).default(0.05).describe("Dropout before A [share]. Source: paper."),
  loraLearningRate: z.number().gt(0).default(2e-4).describe("AdamW's step size. Source: ours."),
  loraDecay: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe("Factor on the step size for every generation a job goes on from. Source: ours."),
  loraEpochs: atLeastOne.default(2).describe("Passes over the buffer [epochs]. Source: ours."),
  loraBatchSize: atLeastOne.default(16).describe("Samples of one optimiser step [samples]. Source: ours."),
  loraTargets: z
    .array(z.string().min(1))
    .min(1)
    .default(["q_proj", "k_proj", "v_proj", "o_proj"])
    .describe("Modules that get an adapter, by PEFT's names. Source: ours."),
  loraFrom: z.enum(["adapter", "base"]).default("adapter").describe("What a job goes on from. Source: ours."),
  loraSamples: z
    .enum(["new", "all"])
    .default("new")
    .describe(
      "What a job trains on: the samples that no job has used (Eq. 3), or those of earlier jobs again too. Source: ours.",
    ),
  contextShare: share
    .default(0.5)
    .describe("Share of samples trained in the few-shot context that produced them [share]. Source: ours."),
  rehearsalShare: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe(
      "Share of a job's samples that are the group's own accepted verdicts, ballots and explanations, beside the buffer's solutions; 0 is Eq. 3 [share]. Source: ours.",
    ),
  trainingSlots: atLeastOne
    .optional()
    .describe("Jobs that train at once [GPUs or workers]. Default: one per GPU, or 1."),
  jobAttempts: atLeastOne
    .default(2)
    .describe(
      "Tries at one training job and at measuring its candidate, and failed jobs in a row after which a model goes on untrained. Source: ours.",
    ),
  jobBackoffSeconds: z
    .number()
    .positive()
    .default(10)
    .describe(
      "Pause before a training job, or its gate, is tried again, doubled each time [s]. Source: ours.",
    ),
};
