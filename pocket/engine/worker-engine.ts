/**
 * The engine in a worker thread. Only tokens, texts and folder names are sent to and from it.
 *
 * 1. Every call settles: by its answer, an abort, `close`, or the end of the thread.
 * 2. An aborted call rejects immediately with the signal's reason; the thread frees the slot when it gets the
 *    message.
 * 3. After `close` or a crash no call succeeds, and the engine does not keep the process alive.
 */
import { basename } from "node:path";
import { Worker } from "node:worker_threads";
import { readShape } from "./checkpoint.ts";
import { type EngineAnswer, type EngineCall, type EngineWorkerData, fromFailure } from "./engine-messages.ts";
import { adapterUnknown, causeText, EngineError, engineClosed, nameTaken } from "./errors.ts";
import type { EngineSettings } from "./local-engine.ts";
import type { Engine, Generation, GenerationOptions, GenerationRequest, Tokenizer } from "./port.ts";
import { checkRequest } from "./request.ts";
import { readTokenizer } from "./tokenizer.ts";

interface Pending {
  readonly resolve: (generation: Generation | undefined) => void;
  readonly reject: (cause: unknown) => void;
  readonly onText?: ((piece: string) => void) | undefined;
}

/** Limits in megabytes. The model is not included; it is in WebAssembly memory. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

/** Id of the call that the thread answers when its model is loaded. */
const READY = 0;

/** Opens the checkpoint in a new thread. Throws what `LocalEngine` throws, or `worker-crashed`. */
export const openEngine = async (folder: string, settings: EngineSettings = {}): Promise<Engine> => {
  const engine = new WorkerEngine(folder, settings);
  await engine.ready;
  return engine;
};

class WorkerEngine implements Engine {
  readonly model: string;
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  readonly ready: Promise<void>;
  readonly #shape: { readonly context: number; readonly vocabulary: number };
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #adapters = new Set<string>();
  #nextId = READY + 1;
  #ended: EngineError | undefined;

  constructor(folder: string, settings: EngineSettings) {
    const shape = readShape(folder);
    this.model = basename(folder);
    this.contextLength = shape.context;
    this.tokenizer = readTokenizer(folder, shape);
    this.#shape = shape;
    const workerData: EngineWorkerData = { folder, settings };
    const script = new URL("./engine-worker.ts", import.meta.url);
    this.#worker = new Worker(script, {
      workerData,
      resourceLimits: RESOURCE_LIMITS,
      name: `engine ${this.model}`,
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#pending.set(READY, { resolve: () => resolve(), reject });
    this.#worker.on("message", (answer: EngineAnswer) => this.#receive(answer));
    this.#worker.on("error", (cause) => this.#end(workerCrashed(this.model, causeText(cause), cause)));
    this.#worker.on("exit", (code) =>
      this.#end(workerCrashed(this.model, `it ended with exit code ${code}`)),
    );
  }

  async generate(request: GenerationRequest, options: GenerationOptions = {}): Promise<Generation> {
    const { signal, onText } = options;
    signal?.throwIfAborted();
    this.#requireOpen();
    checkRequest(request, this.#shape);
    if (request.adapter !== undefined) this.#requireAdapter(request.adapter);
    const id = this.#nextId++;
    const abort = (): void => {
      this.#take(id)?.reject(signal?.reason);
      this.#post({ kind: "abort", id });
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const call = { kind: "generate", id, request, streams: onText !== undefined } as const;
      return (await this.#call(call, onText)) as Generation;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async loadAdapter(name: string, folder: string): Promise<void> {
    this.#requireOpen();
    if (this.#adapters.has(name)) throw nameTaken(name, this.model);
    await this.#call({ kind: "load", id: this.#nextId++, name, folder });
    this.#adapters.add(name);
  }

  async unloadAdapter(name: string): Promise<void> {
    this.#requireOpen();
    this.#requireAdapter(name);
    this.#adapters.delete(name);
    await this.#call({ kind: "unload", id: this.#nextId++, name });
  }

  adapters(): readonly string[] {
    return [...this.#adapters];
  }

  async close(): Promise<void> {
    this.#end(engineClosed(this.model));
    await this.#worker.terminate();
  }

  #requireOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #requireAdapter(name: string): void {
    if (!this.#adapters.has(name)) throw adapterUnknown(name, this.model);
  }

  #call(call: EngineCall, onText?: (piece: string) => void): Promise<Generation | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Generation | undefined>();
    this.#pending.set(call.id, { resolve, reject, onText });
    this.#post(call);
    return promise;
  }

  #post(call: EngineCall): void {
    if (this.#ended === undefined) this.#worker.postMessage(call);
  }

  #receive(answer: EngineAnswer): void {
    if (answer.kind === "ready") this.#take(READY)?.resolve(undefined);
    else if (answer.kind === "text") this.#pending.get(answer.id)?.onText?.(answer.piece);
    else if (answer.kind === "done") this.#take(answer.id)?.resolve(answer.generation);
    else this.#take(answer.id)?.reject(fromFailure(answer.failure));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(cause: EngineError): void {
    this.#ended ??= cause;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(this.#ended);
  }
}

const workerCrashed = (model: string, reason: string, cause?: unknown): EngineError => {
  const problem = `The thread of model ${model} ended unexpectedly: ${reason}`;
  return new EngineError("worker-crashed", problem, { fix: "open the engine again", cause });
};
