/**
 * What a server with continuous batching does with its time, as vLLM does: a simulation without a network.
 *
 * 1. At most `slots` sequences run; others wait, first come, first served. A request whose sequences find no room in
 *    the queue is refused. Each choice of a request is a sequence of its own.
 * 2. A sequence is prefilled, then decoded. All prefills together share `prefillRate`; the more sequences decode, the
 *    longer each step takes.
 * 3. Slots are handed over at the exact time at which they become free, however late the timer is.
 * 4. An abort frees the slots of a request at once. What was computed until then is counted.
 */
import { PrefixCache, tokensIn } from "./prefix-cache.fixture.ts";
import type { ServingClock } from "./serving-clock.fixture.ts";

export interface LatencyProfile {
  /** Sequences that run at once. */
  readonly slots: number;
  /** Sequences that wait beyond them. */
  readonly queue: number;
  /** Of all prefills together [tokens/s]. */
  readonly prefillRate: number;
  /** Of one sequence, alone and with all slots decoding [tokens/s]; a step's time is linear between them. */
  readonly decodeRate: { readonly alone: number; readonly full: number };
  /** Blocks of 16 tokens that the prefix cache holds; 0: there is none. */
  readonly cacheBlocks: number;
  /** How long it takes to load an adapter [s]. */
  readonly adapterSeconds: number;
}

export interface ServingRequest {
  /** What the request is counted under. */
  readonly label: string;
  readonly prompt: string;
  /** The weights that are asked. */
  readonly adapter: string;
  /** Length of each choice [tokens]. */
  readonly completions: readonly number[];
}

/** Tokens of one request. */
export interface Served {
  readonly promptTokens: number;
  /** Of its first choice. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/** Sums over sequences: a prompt counts once for each choice, also of aborted requests. */
export interface ServingCounts {
  readonly requests: number;
  readonly refused: number;
  readonly aborted: number;
  /** Prompt tokens found in the prefix cache, and those that were computed. */
  readonly cachedTokens: number;
  readonly computedTokens: number;
  readonly completionTokens: number;
  /** Time that slots were taken [s]. */
  readonly busySlotSeconds: number;
  /** Time that the same tokens take in a slot of a full batch [s]: over `slots`, the least time for them. */
  readonly workSlotSeconds: number;
}

/** The queue is full. */
export class Overloaded extends Error {
  /** Until a slot is free [s]. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("the queue is full");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Sequence {
  readonly request: ServingRequest;
  readonly ended: () => void;
  cachedTokens: number;
  /** [tokens] */
  prefillLeft: number;
  decodeLeft: number;
}

type Tally = { -readonly [Figure in keyof ServingCounts]: number };

const noCounts: ServingCounts = {
  ...{ requests: 0, refused: 0, aborted: 0, cachedTokens: 0, computedTokens: 0, completionTokens: 0 },
  ...{ busySlotSeconds: 0, workSlotSeconds: 0 },
};

/** Of a sequence that is under way a fraction of a token may have been computed. */
const inWholeTokens = (counts: ServingCounts): ServingCounts => ({
  ...counts,
  computedTokens: Math.round(counts.computedTokens),
  completionTokens: Math.round(counts.completionTokens),
});

/** Less than this is nothing left [tokens]. */
const rest = 1e-6;

/** Time of one decoding step with so many sequences [s/token]. */
export const stepSeconds = ({ slots, decodeRate }: LatencyProfile, batch: number): number => {
  const [alone, full] = [1 / decodeRate.alone, 1 / decodeRate.full];
  return slots === 1 ? full : alone + ((full - alone) * (batch - 1)) / (slots - 1);
};

/** Time that tokens take on an idle server [s]. */
export const unloadedSeconds = (profile: LatencyProfile, prompt: number, completion: number): number =>
  prompt / profile.prefillRate + completion * stepSeconds(profile, 1);

export class Serving {
  readonly #profile: LatencyProfile;
  readonly #clock: ServingClock;
  readonly #cache: PrefixCache;
  readonly #waiting = new Set<Sequence>();
  readonly #running = new Set<Sequence>();
  readonly #tallies = new Map<string, Tally>();
  #at: number;
  #callOff = (): void => {};

  constructor(profile: LatencyProfile, clock: ServingClock) {
    this.#profile = profile;
    this.#clock = clock;
    this.#cache = new PrefixCache(profile.cacheBlocks);
    this.#at = clock.now();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Resolves once all choices are complete; rejects with the signal's reason. @throws Overloaded */
  async serve(request: ServingRequest, signal: AbortSignal): Promise<Served> {
    signal.throwIfAborted();
    this.#advance();
    const room = this.#profile.slots - this.running + this.#profile.queue - this.waiting;
    this.#count(request.label, "requests", 1);
    if (request.completions.length > room) {
      this.#count(request.label, "refused", 1);
      throw new Overloaded(this.#untilFree());
    }
    const sequences = await this.#run(request, signal);
    return {
      promptTokens: tokensIn(request.prompt),
      cachedTokens: sequences[0]?.cachedTokens ?? 0,
      completionTokens: request.completions.reduce((sum, tokens) => sum + tokens, 0),
    };
  }

  /** Resolves once an adapter of so many seconds is loaded; sequences run on meanwhile. */
  load(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.wake(this.#clock.now() + this.#profile.adapterSeconds, resolve);
    return promise;
  }

  /** Up to now, by label. */
  countsByLabel(): ReadonlyMap<string, ServingCounts> {
    this.#advance();
    this.#schedule();
    return new Map([...this.#tallies].map(([label, tally]) => [label, inWholeTokens(tally)]));
  }

  /** Up to now. */
  counts(): ServingCounts {
    const sum: Tally = { ...noCounts };
    for (const counts of this.countsByLabel().values()) {
      for (const figure of Object.keys(sum) as (keyof Tally)[]) sum[figure] += counts[figure];
    }
    return sum;
  }

  async #run(request: ServingRequest, signal: AbortSignal): Promise<readonly Sequence[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let left = request.completions.length;
    const ended = () => void (--left === 0 && resolve());
    const sequences = request.completions.map((tokens): Sequence => {
      const prefillLeft = tokensIn(request.prompt);
      return { request, ended, cachedTokens: 0, prefillLeft, decodeLeft: tokens };
    });
    for (const sequence of sequences) this.#waiting.add(sequence);
    const leave = () => {
      this.#remove(sequences);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#refill();
    this.#schedule();
    await promise.finally(() => signal.removeEventListener("abort", leave));
    return sequences;
  }

  #remove(sequences: readonly Sequence[]): void {
    this.#advance();
    for (const sequence of sequences) {
      this.#waiting.delete(sequence);
      this.#running.delete(sequence);
    }
    this.#count(sequences[0]?.request.label ?? "", "aborted", 1);
    this.#refill();
    this.#schedule();
  }

  /** Everything that has happened up to now, in order and at its own time. */
  #advance(): void {
    const now = this.#clock.now();
    while (this.#at < now) {
      const seconds = Math.min(this.#untilNext(), now - this.#at);
      this.#pass(seconds);
      this.#at = seconds === now - this.#at ? now : this.#at + seconds;
      this.#refill();
    }
  }

  #refill(): void {
    for (const sequence of this.#running) {
      if (sequence.prefillLeft > rest || sequence.decodeLeft > rest) continue;
      this.#running.delete(sequence);
      sequence.ended();
    }
    for (const sequence of this.#waiting) {
      if (this.running >= this.#profile.slots) return;
      this.#waiting.delete(sequence);
      this.#start(sequence);
    }
  }

  #start(sequence: Sequence): void {
    const { prompt, adapter, label } = sequence.request;
    sequence.cachedTokens = this.#cache.admit(prompt, adapter);
    sequence.prefillLeft -= sequence.cachedTokens;
    this.#count(label, "cachedTokens", sequence.cachedTokens);
    this.#running.add(sequence);
  }

  /** [s/token] of each sequence that is prefilled, and of each that decodes. */
  #paces(): { readonly prefill: number; readonly decode: number } {
    let prefilling = 0;
    for (const { prefillLeft } of this.#running) if (prefillLeft > rest) prefilling += 1;
    const decoding = Math.max(1, this.running - prefilling);
    return {
      prefill: prefilling / this.#profile.prefillRate,
      decode: stepSeconds(this.#profile, decoding),
    };
  }

  /** Until the next sequence has been prefilled or is complete [s]; infinite while none runs. */
  #untilNext(): number {
    const { prefill, decode } = this.#paces();
    let next = Number.POSITIVE_INFINITY;
    for (const { prefillLeft, decodeLeft } of this.#running)
      next = Math.min(next, prefillLeft > rest ? prefillLeft * prefill : decodeLeft * decode);
    return next;
  }

  /** Until a slot is free, if the batch stays as it is [s]. */
  #untilFree(): number {
    const { prefill, decode } = this.#paces();
    return Math.min(
      ...[...this.#running].map(({ prefillLeft, decodeLeft }) => prefillLeft * prefill + decodeLeft * decode),
    );
  }

  #pass(seconds: number): void {
    const { prefill, decode } = this.#paces();
    const { prefillRate, slots } = this.#profile;
    for (const sequence of this.#running) {
      const { label } = sequence.request;
      this.#count(label, "busySlotSeconds", seconds);
      if (sequence.prefillLeft > rest) {
        const tokens = Math.min(sequence.prefillLeft, seconds / prefill);
        sequence.prefillLeft -= tokens;
        this.#count(label, "computedTokens", tokens);
        this.#count(label, "workSlotSeconds", tokens / prefillRate);
      } else {
        const tokens = Math.min(sequence.decodeLeft, seconds / decode);
        sequence.decodeLeft -= tokens;
        this.#count(label, "completionTokens", tokens);
        this.#count(label, "workSlotSeconds", tokens * stepSeconds(this.#profile, slots));
      }
    }
  }

  #schedule(): void {
    this.#callOff();
    this.#callOff = (): void => {};
    if (this.running === 0) return;
    this.#callOff = this.#clock.wake(this.#at + this.#untilNext(), () => {
      this.#advance();
      this.#schedule();
    });
  }

  #count(label: string, figure: keyof Tally, amount: number): void {
    const tally = this.#tallies.get(label) ?? { ...noCounts };
    this.#tallies.set(label, tally);
    tally[figure] += amount;
  }
}
