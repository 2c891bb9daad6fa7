/** The engine in the calling thread. `worker-engine.ts` runs one in a worker thread. */
import { basename } from "node:path";
import { mergeAdapter, readAdapter } from "./adapter.ts";
import { Batcher } from "./batcher.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { EngineError } from "./errors.ts";
import { FloatMemory } from "./kernels/float-memory.ts";
import type { PackedWeights } from "./kernels/packed-weights.ts";
import { Network } from "./network.ts";
import type { Engine, Generation, GenerationOptions, GenerationRequest } from "./port.ts";
import { checkRequest } from "./request.ts";
import { Sequence } from "./sequence.ts";
import { type PieceTokenizer, readTokenizer } from "./tokenizer.ts";

export interface EngineSettings {
  /** Maximum number of sequences decoded together; more sequences wait. Each slot has its own key-value cache. */
  readonly slots?: number;
  /** Maximum number of tokens computed in one pass. */
  readonly rows?: number;
}

/** Passes run for this time before the thread handles messages and aborts [ms]. */
const SLICE = 2;

export class LocalEngine implements Engine {
  readonly model: string;
  readonly contextLength: number;
  readonly tokenizer: PieceTokenizer;
  readonly #checkpoint: Checkpoint;
  readonly #network: Network;
  readonly #batcher: Batcher;
  readonly #base: PackedWeights;
  readonly #adapters = new Map<string, PackedWeights>();
  #scheduled = false;
  #closed = false;

  /** Throws what `readCheckpoint` and `readTokenizer` throw. */
  constructor(folder: string, settings: EngineSettings = {}) {
    const { slots = 64, rows = 320 } = settings;
    this.#checkpoint = readCheckpoint(folder);
    this.model = basename(folder);
    this.contextLength = this.#checkpoint.shape.context;
    this.tokenizer = readTokenizer(folder, this.#checkpoint.shape);
    this.#network = new Network(new FloatMemory(), this.#checkpoint, slots, rows);
    this.#base = this.#network.pack(this.#checkpoint);
    this.#batcher = new Batcher(this.#network, slots, rows);
  }

  async generate(request: GenerationRequest, options: GenerationOptions = {}): Promise<Generation> {
    const { signal, onText } = options;
    signal?.throwIfAborted();
    this.#requireOpen();
    checkRequest(request, this.#checkpoint.shape);
    const weights = this.#weightsOf(request.adapter);
    const { promise, resolve, reject } = Promise.withResolvers<Generation>();
    const listener = { onDone: resolve, onFailed: reject, onText };
    const sequence = new Sequence(request, weights, listener, this.tokenizer, this.contextLength);
    const abort = (): void => {
      this.#batcher.abort(sequence);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#batcher.add(sequence);
    this.#schedule();
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  async loadAdapter(name: string, folder: string): Promise<void> {
    this.#requireOpen();
    if (this.#adapters.has(name)) throw nameTaken(name, this.model);
    const merged = mergeAdapter(this.#checkpoint, readAdapter(folder, this.#checkpoint.shape));
    this.#adapters.set(name, this.#network.pack(merged));
  }

  /** Pending requests with the adapter fail with `adapter-unknown`. */
  async unloadAdapter(name: string): Promise<void> {
    this.#requireOpen();
    const weights = this.#weightsOf(name);
    this.#adapters.delete(name);
    for (const sequence of this.#batcher.forget(weights))
      sequence.listener.onFailed(adapterUnknown(name, this.model));
    weights.release();
  }

  adapters(): readonly string[] {
    return [...this.#adapters.keys()];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll(engineClosed(this.model));
  }

  #weightsOf(adapter: string | undefined): PackedWeights {
    if (adapter === undefined) return this.#base;
    const weights = this.#adapters.get(adapter);
    if (weights === undefined) throw adapterUnknown(adapter, this.model);
    return weights;
  }

  #requireOpen(): void {
    if (this.#closed) throw engineClosed(this.model);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  /** Runs passes for one time slice, then lets the thread handle other events. */
  #slice(): void {
    this.#scheduled = false;
    const end = performance.now() + SLICE;
    try {
      while (!this.#batcher.idle && performance.now() < end) this.#batcher.step();
    } catch (cause) {
      this.#failAll(cause);
    }
    if (!this.#batcher.idle) this.#schedule();
  }

  #failAll(cause: unknown): void {
    for (const sequence of this.#batcher.clear()) sequence.listener.onFailed(cause);
  }
}

export const nameTaken = (name: string, model: string): EngineError => {
  const problem = `Model ${model} already has an adapter named ${name}; load it under a new, versioned name.`;
  return new EngineError("adapter-name-taken", problem);
};

export const adapterUnknown = (name: string, model: string): EngineError =>
  new EngineError("adapter-unknown", `Model ${model} has no adapter named ${name}; load it first.`);

export const engineClosed = (model: string): EngineError =>
  new EngineError("engine-closed", `The engine of ${model} is closed; open it again.`);
