/** One LoRA job: the records of its request and end, and the feed's training steps in between. */
import type { MessageOf } from "../../runtime/messages.ts";
import type { FeedStep } from "../record/feed.ts";
import type { JobView } from "../view.ts";

export type JobEnd = MessageOf<"adapter.published" | "adapter.rejected" | "training.failed">;

type Span = JobView["spans"][number];

/** Time at which a job entered a state. */
interface Change {
  readonly at: number;
  readonly state: string;
}

const outcomes = {
  "adapter.published": "published",
  "adapter.rejected": "rejected",
  "training.failed": "failed",
} as const;

/** The accuracies that the gate measured, if any. */
const accuraciesOf = (end: JobEnd): Pick<JobView, "before" | "after"> => {
  if (end.type === "training.failed" || end.before === undefined || end.after === undefined) return {};
  return { before: end.before, after: end.after };
};

/** With the number of its samples. */
type Requested = Omit<MessageOf<"training.requested">, "samples" | "rehearsal"> & {
  readonly samples: number;
};

export class Job {
  readonly requested: Requested;
  readonly #changes: Change[] = [];
  #losses: { readonly step: number; readonly loss: number }[] = [];
  #steps = 0;
  /** Slot of its newest lease. */
  #slot: number | undefined;
  #end: JobEnd | undefined;
  #withdrawn: MessageOf<"adapter.withdrawn"> | undefined;

  constructor({ samples, rehearsal: _texts, ...requested }: MessageOf<"training.requested">) {
    this.requested = { ...requested, samples: samples.length };
  }

  step([at, , , state, step, steps, loss, slot]: FeedStep): void {
    if (this.#changes.at(-1)?.state !== state) this.#changes.push({ at, state });
    this.#slot = slot ?? this.#slot;
    // A retried job starts a new loss curve.
    if (step <= (this.#losses.at(-1)?.step ?? 0) && state === "training") this.#losses = [];
    if (step > 0) this.#losses.push({ step, loss });
    if (steps > 0) this.#steps = steps;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  end(end: JobEnd): void {
    this.#end = end;
  }

  withdraw(withdrawn: MessageOf<"adapter.withdrawn">): void {
    this.#withdrawn = withdrawn;
  }

  /** The job's state changes. If the feed has none, an ended job counts as training throughout. */
  #allChanges(): readonly Change[] {
    const { at } = this.requested;
    const isUnrecorded = this.#changes.length === 0 && this.#end !== undefined;
    const first = { at, state: isUnrecorded ? "training" : "queued" };
    const last = this.#end ? [{ at: this.#end.at, state: "ended" }] : [];
    const recorded = this.#changes.filter(({ state }, index) => index > 0 || state !== "queued");
    return [first, ...recorded, ...last];
  }

  spans(): Span[] {
    const changes = this.#allChanges();
    return changes.flatMap(({ at: from, state }, index): Span[] => {
      if (state === "ended") return [];
      const to = changes[index + 1]?.at;
      return [{ state, from, ...(to === undefined ? {} : { to: Math.max(from, to) }) }];
    });
  }

  view(): JobView {
    const slot = this.#slot;
    const { job, model, generation, version, samples } = this.requested;
    return {
      ...{ job, model, generation, version, samples },
      ...(slot === undefined ? {} : { slot }),
      ...{ spans: this.spans(), losses: [...this.#losses], steps: this.#steps },
      ...this.#outcome(),
    };
  }

  #outcome(): Pick<JobView, "outcome" | "before" | "after" | "cause"> {
    const end = this.#end;
    if (end === undefined) return {};
    const accuracies = accuraciesOf(end);
    const withdrawn = this.#withdrawn;
    if (withdrawn) return { outcome: "withdrawn", ...accuracies, cause: withdrawn.cause };
    const cause = end.type === "adapter.published" ? {} : { cause: end.cause };
    return { outcome: outcomes[end.type], ...accuracies, ...cause };
  }
}
