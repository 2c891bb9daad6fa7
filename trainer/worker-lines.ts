/** The output of the Python worker: one JSON object per line (trainer/agora_trainer/report.py). */
import { z } from "zod";
import { TrainingError } from "../runtime/training.ts";

const count = z.int().nonnegative();
const line = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape });

export const STAGES = [
  ...(["starting", "waiting", "loading", "encoding", "training", "checkpointing", "saving"] as const),
] as const;

const lineSchema = z.discriminatedUnion("type", [
  line("stage", { stage: z.enum(STAGES) }),
  line("plan", {
    steps: count,
    /** Steps done before the checkpoint from which the job continues. */
    resumed: count,
    samples: count,
    skipped: count,
    device: z.string(),
    precision: z.string(),
  }),
  line("alive", { step: count }),
  line("step", {
    step: count,
    steps: count,
    loss: z.number(),
    gradient_norm: z.number(),
    tokens_per_second: z.number(),
    /** Peak memory [bytes]. */
    memory: count,
  }),
  line("warning", { code: z.string(), problem: z.string() }),
  line("done", {
    output: z.string(),
    /** Null if the adapter was already finished. */
    metrics: z.object({ losses: z.array(z.number()).min(1) }).nullable(),
  }),
  line("stopped", {}),
  line("error", { code: z.string(), problem: z.string(), fix: z.string() }),
]);
export type WorkerLine = z.infer<typeof lineSchema>;

/** @throws TrainingError `worker-garbled` if the text is not a known line. */
export const parseLine = (text: string): WorkerLine => {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 120));
    throw new TrainingError("worker-garbled", `the training worker wrote an unknown line: ${shown}`, {
      fix: "see its log, and use the worker of this version of Agora",
      ...{ cause, permanent: false },
    });
  }
};
