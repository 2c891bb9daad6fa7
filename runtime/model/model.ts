/**
 * The model port: all the runtime knows of a language model.
 * Two implementations pass one conformance suite: `openai-model.ts` over HTTP and its twin `scripted.ts`.
 */

/** The form of a structured reply. */
export interface ReplySchema {
  readonly name: string;
  /** A JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One prompt and how to sample its continuations. */
export interface ModelCall {
  /** What the society needs the answer for, such as `solver`; metered under this name. */
  readonly role: string;
  /** Sent as the system's message, before the user's. Undefined: there is none. */
  readonly system?: string | undefined;
  /** Sent as one user message. */
  readonly prompt: string;
  /** Asks for a reply in this form. Undefined: free text. */
  readonly schema?: ReplySchema | undefined;
  /** Served name of an adapter, such as `ant@v3`; it stands in for the model id. Undefined: the base model. */
  readonly adapter?: string | undefined;
  /** Samples to draw. Default: 1. */
  readonly n?: number | undefined;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]. */
  readonly topP: number;
  /** Bound of one sample [tokens]. */
  readonly maxTokens: number;
  readonly stop?: readonly string[] | undefined;
  /** Sample i is drawn with `seed + i`. */
  readonly seed?: number | undefined;
}

export interface ModelReply {
  /** `[n]` */
  readonly texts: readonly string[];
  /** Why each text ended. `[n]` */
  readonly finish: readonly ("stop" | "length")[];
  readonly promptTokens: number;
  /** Of all n samples together. */
  readonly completionTokens: number;
}

export interface Model {
  readonly name: string;
  /** @throws ModelError; rejects with the signal's reason once it is aborted. */
  complete(call: ModelCall, signal: AbortSignal): Promise<ModelReply>;
  /**
   * Serves a PEFT folder, as the endpoint's machine sees it, under a name that was never used before:
   * servers may answer from stale caches where a name comes back. @throws ModelError
   */
  loadAdapter(name: string, folder: string): Promise<void>;
  /** @throws ModelError */
  unloadAdapter(name: string): Promise<void>;
  /** What the weights say to a prompt, greedily: tells served weights apart. @throws ModelError */
  probe?(prompt: string, adapter: string | undefined): Promise<Probe>;
  /**
   * Resolves once the endpoint, with all its models, has freed its GPU; sleeping twice is sleeping once. Absent
   * where an endpoint never sleeps. @throws ModelError
   */
  sleep?(): Promise<void>;
  /** Resolves once the endpoint serves again; harmless where it is awake. @throws ModelError */
  wake?(): Promise<void>;
}

export interface Probe {
  readonly text: string;
  /** Of the tokens of the text [nats]; undefined where the endpoint gives none. */
  readonly logprobs: readonly number[] | undefined;
}

/** What one `complete` cost. Tokens of requests that were aborted or failed are unknown and count as none. */
export interface Usage {
  readonly model: string;
  readonly role: string;
  /** HTTP requests, repeated ones included. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Time at the endpoint, without queueing and back-off [s]. */
  readonly seconds: number;
  readonly outcome: "done" | "aborted" | "failed";
}

export type UsageListener = (usage: Usage) => void;
