/**
 * The model port: the interface to a language model.
 * Two implementations pass one conformance suite: `openai-model.ts` over HTTP and `scripted.ts` for tests.
 */

/** The format of a structured reply. */
export interface ReplySchema {
  readonly name: string;
  /** A JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/**
 * How a prompt reaches the model: as a chat message, as a text that it continues without a chat template, or as a text
 * whose tokens are only scored.
 */
export type CallForm = "chat" | "text" | "score";

/** One prompt and its sampling settings. */
export interface ModelCall {
  /** Role of the call, such as `solver`; the call is metered under this name. */
  readonly role: string;
  /** Id of the question that the call is about; undefined: of none. */
  readonly about?: string | undefined;
  /** The system message; undefined: none. */
  readonly system?: string | undefined;
  /** The user message. */
  readonly prompt: string;
  /** Default: chat. The other forms have no system message and no schema. */
  readonly form?: CallForm | undefined;
  /** Required format of the reply; undefined: free text. */
  readonly schema?: ReplySchema | undefined;
  /** Served name of an adapter, such as `ant@v3`, sent as the model id; undefined: the base model. */
  readonly adapter?: string | undefined;
  /** Choices to draw. Default: 1. */
  readonly n?: number | undefined;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]. */
  readonly topP: number;
  /** Maximum length of one choice [tokens]. */
  readonly maxTokens: number;
  readonly stop?: readonly string[] | undefined;
  /** Choice i is drawn with `seed + i`. */
  readonly seed?: number | undefined;
  /** Of the calls that wait for an endpoint the most urgent goes first. Default: 0. */
  readonly urgency?: number | undefined;
}

/** A token of a scored text. */
export interface TokenScore {
  /** Place of the token in the text [characters]. */
  readonly offset: number;
  /** Log-probability after the tokens before it [nats]; undefined for the first one. */
  readonly logprob: number | undefined;
}

export interface ModelReply {
  /** `[n]` */
  readonly texts: readonly string[];
  /** Finish reason of each text. `[n]` */
  readonly finish: readonly ("stop" | "length")[];
  readonly promptTokens: number;
  /** Of these, the tokens that the server had in its prefix cache; undefined where it does not say. */
  readonly cachedTokens?: number | undefined;
  /** Of all n choices. */
  readonly completionTokens: number;
  /** The tokens of the text, of calls in the form `score` only. `[tokens]` */
  readonly scores?: readonly TokenScore[] | undefined;
}

export interface Model {
  readonly name: string;
  /** @throws ModelError; rejects with the signal's reason once it is aborted. */
  complete(call: ModelCall, signal: AbortSignal): Promise<ModelReply>;
  /**
   * Loads a PEFT folder, a path on the endpoint's machine, under a new name: under a reused name servers may answer
   * from stale caches. @throws ModelError
   */
  loadAdapter(name: string, folder: string): Promise<void>;
  /** @throws ModelError */
  unloadAdapter(name: string): Promise<void>;
  /** The greedy reply to a prompt, to compare the weights that are served. @throws ModelError */
  probe?(prompt: string, adapter: string | undefined): Promise<Probe>;
  /**
   * Resolves once the endpoint, with all its models, has freed its GPU; it does nothing if the endpoint sleeps.
   * Undefined if the endpoint has no sleep mode. @throws ModelError
   */
  sleep?(): Promise<void>;
  /** Resolves once the endpoint serves again; it does nothing if the endpoint is awake. @throws ModelError */
  wake?(): Promise<void>;
}

export interface Probe {
  readonly text: string;
  /** Log-probability of each token of the text [nats]; undefined if the endpoint returns none. */
  readonly logprobs: readonly number[] | undefined;
}

/**
 * The cost of one `complete`; where it succeeds after retries, that of the requests that failed is a second usage. Servers
 * report the tokens of answered requests only; those of requests that were aborted or failed after they had been sent are
 * estimated (spent.ts).
 */
export interface Usage {
  readonly model: string;
  readonly role: string;
  /** HTTP requests. */
  readonly calls: number;
  readonly promptTokens: number;
  /** Of these, the tokens that the server had in its prefix cache, as far as it says so. */
  readonly cachedTokens?: number | undefined;
  readonly completionTokens: number;
  /** Time at the endpoint, without queueing and back-off [s]. */
  readonly seconds: number;
  readonly outcome: "done" | "aborted" | "failed";
}

export type UsageListener = (usage: Usage) => void;
