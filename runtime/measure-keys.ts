/** The keys of measurements, which are made once. */
import { z } from "zod";
import { type Answer, measurement } from "./message-parts.ts";

const measured = z.object(measurement);

/** Equal measurements have equal keys. */
export const measureKey = (taken: z.infer<typeof measured>): string =>
  `measure.taken:${taken.model}@v${taken.adapter}:${taken.kind}:${taken.set}:${taken.size}:${taken.seed}:${taken.examples ?? ""}${taken.samples === undefined ? "" : `:${taken.samples}`}`;

/** Tells the answers of one measuring apart. */
export const answerKey = ({ problem, sample = 0 }: Pick<Answer, "problem" | "sample">): string =>
  `${problem}#${sample}`;
