/**
 * The readings of a run's models, problem by problem; they are stored in the journal and read from it.
 *
 * 1. Readings with the same version, set, size, samples, seed and examples are taken only once.
 * 2. A set whose problems have changed is measured again.
 * 3. Answers are stored in batches as they come: a reading that was interrupted goes on with the missing ones.
 */
import { createHash } from "node:crypto";
import type { Progress } from "../actors/anchor.ts";
import { answerKey, measureKey } from "../runtime/message-parts.ts";
import type { Answer, Draft, Message, MessageOf } from "../runtime/messages.ts";

export { rightShare } from "./right-share.ts";

export type Reading = MessageOf<"measure.taken">;
/** What is to be measured. */
export type Measurable = Parameters<typeof measureKey>[0];

/** Stores a reading, or the plan of all readings, in the journal. */
export type Keep = (draft: Draft<"measure.planned" | "measure.taken" | "measure.progressed">) => void;

/** Identifies the examples; undefined if there are none. */
export const fingerprint = (examples: string): string | undefined =>
  examples === "" ? undefined : createHash("sha256").update(examples).digest("hex").slice(0, 16);

/** Answers that are stored together; so many are lost at most when the process is killed. */
const batchSize = 32;

export class Readings {
  readonly #known = new Map<string, readonly Answer[]>();
  /** By reading, then by problem and sample. */
  readonly #parts = new Map<string, Map<string, Answer>>();
  readonly #keep: Keep;

  constructor(records: readonly Message[], keep: Keep) {
    this.#keep = keep;
    for (const record of records) {
      if (record.type === "measure.taken") this.#known.set(measureKey(record), record.answers);
      if (record.type === "measure.progressed") this.#addPart(measureKey(record), record.answers);
    }
  }

  /** `ids`: the current problems, in order. `measure` is called only if no stored reading fits. */
  async take(
    what: Measurable,
    ids: readonly string[],
    measure: (progress: Progress) => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> {
    const key = measureKey(what);
    const known = this.#known.get(key);
    if (known !== undefined && known.map(({ problem }) => problem).join("\n") === ids.join("\n"))
      return known;
    const answers = await this.#measured(what, key, measure);
    this.#known.set(key, answers);
    this.#keep({ type: "measure.taken", ...what, answers: [...answers] });
    return answers;
  }

  /** A whole reading is stored at once: only one that is long or fails is stored in parts. */
  async #measured(
    what: Measurable,
    key: string,
    measure: (progress: Progress) => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> {
    let batch: Answer[] = [];
    const store = (): void => {
      const [first] = batch;
      if (first === undefined) return;
      this.#keep({ type: "measure.progressed", ...what, first: answerKey(first), answers: batch });
      this.#addPart(key, batch);
      batch = [];
    };
    try {
      return await measure({
        answered: (problem, sample) => this.#parts.get(key)?.get(answerKey({ problem, sample })),
        onAnswer: (answer) => {
          batch.push(answer);
          if (batch.length >= batchSize) store();
        },
      });
    } catch (error) {
      store();
      throw error;
    }
  }

  #addPart(key: string, answers: readonly Answer[]): void {
    const part = this.#parts.get(key) ?? new Map<string, Answer>();
    for (const answer of answers) part.set(answerKey(answer), answer);
    this.#parts.set(key, part);
  }
}
