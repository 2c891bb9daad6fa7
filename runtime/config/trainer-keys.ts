/** The configuration keys of what trains the adapters. */
import { z } from "zod";
import { isPath } from "../plugin/reference.ts";
import { reference, seconds } from "./model-keys.ts";

const text = z.string().min(1);
const atLeastOne = z.int().min(1);

export const TRAINERS = ["auto", "pocket", "peft", "nats"] as const;

const trainerWanted = `expected one of ${TRAINERS.join(", ")}, or the path of a module`;

export const trainerKeys = {
  trainer: z
    .union([z.enum(TRAINERS), reference.refine(isPath, { error: trainerWanted })], { error: trainerWanted })
    .default("auto")
    .describe(
      "What trains: pocket (embedded), peft (Python), auto: pocket for pocket models, else peft; nats: the hosts of `agora trainer`; or the path of a module.",
    ),
  trainerPython: text
    .optional()
    .describe("Python with the packages of trainer/. Default: AGORA_PYTHON, .venv/bin/python, python3."),
  trainerDevices: z
    .array(text)
    .optional()
    .describe("CUDA_VISIBLE_DEVICES of each training slot; [] is the CPU. Default: every GPU found."),
  trainerPrecision: z
    .enum(["auto", "float32", "bfloat16", "4bit"])
    .default("auto")
    .describe("Of the base weights; auto: bfloat16 on a GPU, 4bit where that does not fit, else float32."),
  trainerGradientCheckpointing: z
    .union([z.boolean(), z.literal("auto")], { error: "give true, false or auto" })
    .default("auto")
    .describe(
      "Recomputes activations: a third more work, far less memory. auto does so on a GPU once a single sample does not fit without, and always on the CPU. Source: ours.",
    ),
  trainerMicroBatch: atLeastOne
    .default(16)
    .describe("Samples that pass through the model together; halved where memory runs out [samples]."),
  trainerMaxTokens: atLeastOne.default(4096).describe("Longer samples are left out [tokens]. Source: ours."),
  trainerCheckpointEvery: atLeastOne
    .default(25)
    .describe("Steps between two checkpoints [steps]. Source: ours."),
  trainerTrackers: z
    .array(z.enum(["tensorboard", "wandb"]))
    .default([])
    .describe(
      "Where the steps of each job on this machine are logged besides; each needs its own Python package. Default: nowhere.",
    ),
  trainerSilenceSeconds: seconds
    .default(900)
    .describe("A worker that says nothing for so long is ended [s]. Source: ours."),
  trainerGraceSeconds: seconds
    .default(60)
    .describe("What a worker that is asked to leave may take to save [s]. Source: ours."),
};
