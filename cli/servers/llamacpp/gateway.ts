/**
 * llama.cpp's server with adapters that are loaded while it serves. It takes adapters at its start only, and a request names
 * them by their places in the list of that start.
 *
 * 1. A load converts the adapter, waits until the calls under way have ended, and starts the server again with the new
 *    list. Calls that arrive meanwhile wait.
 * 2. A call names places of the list that is running: it cannot meet another list, nor an adapter of another name, nor
 *    the earlier adapter of its name.
 * 3. Loads that wait at the same time share one start.
 * 4. If the server does not start with a new list, it starts again with the one before, and the loads fail.
 * 5. An unloaded name is unknown at once; its adapter leaves the list, and the disk, at the next start.
 * 6. `lost` resolves if the server ends by itself, or starts with no list.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { modelNotFound, RequestError } from "../../../pocket/server/errors.ts";
import { keepAliveFetch } from "../../../runtime/model/http.ts";
import { type Converter, convert } from "./converter.ts";
import { Gate } from "./gate.ts";
import { LlamaServer, type LlamaServerOptions } from "./llama-server.ts";

export interface GatewayOptions extends LlamaServerOptions {
  /** Model id of the base. */
  readonly model: string;
  readonly converter: Converter;
}

/** GGUF files by the adapters' names, in the order of their places. */
type Adapters = ReadonlyMap<string, string>;

/** What a call says of adapters: the strength of each that the server has. */
export type Places = readonly { readonly id: number; readonly scale: number }[];

export interface Call {
  /** The base, an adapter, or undefined where the request names none. */
  readonly model: string | undefined;
  readonly path: string;
  readonly init: (places: Places) => RequestInit;
}

const alreadyLoaded = (name: string): RequestError =>
  new RequestError(400, "adapter_exists", `The adapter '${name}' is already loaded`, "lora_name", {
    fix: "unload it first, or choose another name",
  });

export class LlamaGateway {
  readonly lost: Promise<Error>;
  readonly #lose: (error: Error) => void;
  readonly #options: GatewayOptions;
  readonly #gate = new Gate();
  readonly #folder = mkdtempSync(join(tmpdir(), "agora-gguf-"));
  /** Those that requests may name; a new list for each change. */
  #known: Adapters = new Map();
  #running: Adapters = new Map();
  #server: LlamaServer | undefined;
  readonly #loads = new Map<string, Promise<void>>();
  readonly #converting = new Set<string>();
  #renewal: Promise<void> | undefined;
  #files = 0;
  #isClosed = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.lost = promise;
    this.#lose = resolve;
  }

  /** Model id of the base. */
  get model(): string {
    return this.#options.model;
  }

  get names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** @throws LlamaServerError */
  async start(): Promise<void> {
    await this.#startWith(new Map());
  }

  /** A load that is asked for again while it goes on is the same load. @throws RequestError */
  load(name: string, folder: string): Promise<void> {
    const underWay = this.#loads.get(name);
    if (underWay !== undefined) return underWay;
    const load = this.#load(name, folder).finally(() => this.#loads.delete(name));
    this.#loads.set(name, load);
    return load;
  }

  /** @throws RequestError 404 */
  unload(name: string): void {
    if (!this.#known.has(name)) throw modelNotFound(name, this.names);
    this.#known = new Map([...this.#known].filter(([other]) => other !== name));
  }

  /** Resolves with the whole answer. @throws RequestError 404 for a model that is not there */
  call({ model, path, init }: Call): Promise<Response> {
    return this.#gate.pass(() => {
      if (model !== undefined && !this.#serves(model))
        throw modelNotFound(model, [this.model, ...this.names]);
      const places = [...this.#running.keys()].map((name, id) => ({ id, scale: name === model ? 1 : 0 }));
      return keepAliveFetch(`${this.#server?.url}${path}`, init(places));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#server?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether the running server has what the name stands for now. */
  #serves(name: string): boolean {
    const file = this.#known.get(name);
    return name === this.model || (file !== undefined && file === this.#running.get(name));
  }

  async #load(name: string, folder: string): Promise<void> {
    if (name === this.model || this.#known.has(name)) throw alreadyLoaded(name);
    this.#files += 1;
    const file = join(this.#folder, `${this.#files}.gguf`);
    this.#converting.add(file);
    try {
      await convert(this.#options.converter, folder, file);
      this.#known = new Map([...this.#known, [name, file]]);
    } finally {
      this.#converting.delete(file);
    }
    await this.#renew();
  }

  /** Starts the server with all known adapters. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#renewSoon();
    return this.#renewal;
  }

  async #renewSoon(): Promise<void> {
    await nextTurn();
    await this.#gate.alone(() => {
      // Loads from now on need another start.
      this.#renewal = undefined;
      return this.#replace(this.#known);
    });
  }

  async #replace(adapters: Adapters): Promise<void> {
    const before = this.#running;
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
    try {
      await this.#startWith(adapters);
    } catch (error) {
      await this.#goBack(before, adapters);
      const reason = error instanceof Error ? error.message : String(error);
      throw new RequestError(400, "adapter_unusable", `The server does not start with it: ${reason}`);
    }
  }

  /** What has been loaded since `tried` waits for its own start. */
  async #goBack(before: Adapters, tried: Adapters): Promise<void> {
    const isKept = ([name, file]: readonly [string, string]) =>
      before.get(name) === file || tried.get(name) !== file;
    this.#known = new Map([...this.#known].filter(isKept));
    await this.#startWith(before).catch((error: Error) => {
      this.#lose(error);
      throw error;
    });
  }

  async #startWith(adapters: Adapters): Promise<void> {
    const server = await LlamaServer.start(this.#options, [...adapters.values()]);
    this.#server = server;
    this.#running = adapters;
    this.#tidy();
    void server.ended.then((error) => {
      if (this.#server === server && !this.#isClosed) this.#lose(error);
    });
  }

  /** Removes the files of adapters that neither the server nor a request can need again. */
  #tidy(): void {
    const needed = new Set([...this.#running.values(), ...this.#known.values(), ...this.#converting]);
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name);
      if (!needed.has(file)) rmSync(file);
    }
  }
}
