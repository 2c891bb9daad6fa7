/** The thread that compares answers: what hangs or exhausts its memory is ended with it (grader.ts). */
import { parentPort } from "node:worker_threads";
import { Algebra } from "./algebra.ts";
import { Equality } from "./equality.ts";
import type { Verdict } from "./verdict.ts";

export interface Comparison {
  readonly gold: string;
  readonly given: string;
}

const equality = new Equality(new Algebra());

parentPort?.on("message", ({ gold, given }: Comparison) => {
  const verdict: Verdict = equality.compare(gold, given);
  parentPort?.postMessage(verdict);
});
parentPort?.postMessage("ready");
