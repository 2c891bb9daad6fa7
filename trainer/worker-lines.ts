/** What the Python worker says: one JSON object per line (trainer/agora_trainer/report.py). */
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
    /** Steps that a checkpoint had behind it. */
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
    /** At the peak [bytes]. */
    memory: count,
  }),
  line("warning", { code: z.string(), problem: z.string() }),
  line("done", {
    output: z.string(),
    /** Null where the adapter was found finished. */
    metrics: z.object({ losses: z.array(z.number()).min(1) }).nullable(),
  }),
  line("stopped", {}),
  line("error", { code: z.string(), problem: z.string(), fix: z.string() }),
]);
export type WorkerLine = z.infer<typeof lineSchema>;

/** @throws TrainingError `worker-garbled` for whatever is not a line of the worker. */
export const parseLine = (text: string): WorkerLine => {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 120));
    const message = `The training worker said ${shown}, which is none of its lines. See its log; use the worker of this version of Agora.`;
    throw new TrainingError("worker-garbled", message, { cause, permanent: false });
  }
};
