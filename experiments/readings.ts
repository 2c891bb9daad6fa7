/**
 * The readings of a run's models, problem by problem; they are stored in the journal and read from it.
 *
 * 1. Readings with the same version, set, size, seed and examples are taken only once.
 * 2. A set whose problems have changed is measured again.
 */
import { createHash } from "node:crypto";
import { type Answer, type Draft, type Message, type MessageOf, measureKey } from "../runtime/messages.ts";

export { rightShare } from "./right-share.ts";

export type Reading = MessageOf<"measure.taken">;
/** What is to be measured. */
export type Measurable = Parameters<typeof measureKey>[0];

/** Stores a reading in the journal. */
export type Keep = (draft: Draft<"measure.taken">) => void;

/** Identifies the examples; undefined if there are none. */
export const fingerprint = (examples: string): string | undefined =>
  examples === "" ? undefined : createHash("sha256").update(examples).digest("hex").slice(0, 16);

export class Readings {
  readonly #known = new Map<string, readonly Answer[]>();
  readonly #keep: Keep;

  constructor(records: readonly Message[], keep: Keep) {
    this.#keep = keep;
    for (const record of records)
      if (record.type === "measure.taken") this.#known.set(measureKey(record), record.answers);
  }

  /** `ids`: the current problems, in order. `measure` is called only if no stored reading fits. */
  async take(
    what: Measurable,
    ids: readonly string[],
    measure: () => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> {
    const key = measureKey(what);
    const known = this.#known.get(key);
    if (known !== undefined && known.map(({ problem }) => problem).join("\n") === ids.join("\n"))
      return known;
    const answers = await measure();
    this.#known.set(key, answers);
    this.#keep({ type: "measure.taken", ...what, answers: [...answers] });
    return answers;
  }
}
