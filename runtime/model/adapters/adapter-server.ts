/**
 * The adapter port: how one kind of server takes LoRA adapters at run time, and how a request names one.
 * One file for each kind; all pass `adapter-server.conformance.ts` against a twin of the server.
 */

/** One administrative request to the server. */
export interface Errand {
  /** Default: POST. */
  readonly method?: "GET" | "HEAD" | "POST" | "DELETE";
  /** From the server's root, such as `/v1/load_lora_adapter`. */
  readonly path: string;
  /** An object is sent as JSON, bytes as they are. */
  readonly body?: object | Uint8Array;
  /** Whether the error of a retry shows that the lost attempt before it succeeded. */
  readonly achieved?: (error: Refusal) => boolean;
}

/** What the port's errors tell: a `ModelError`. */
export interface Refusal {
  readonly message: string;
  readonly status: number | undefined;
}

/** Resolves with the text of the answer. @throws ModelError */
export type Send = (errand: Errand) => Promise<string>;

export interface AdapterServer {
  /** Loads a PEFT folder under a new name. @throws ModelError */
  load(name: string, folder: string): Promise<void>;
  /** @throws ModelError */
  unload(name: string): Promise<void>;
  /** The model id of a request for the adapter. */
  modelOf(name: string): string;
}

export interface AdapterServerOptions {
  /** Model id of the base at the server. */
  readonly base: string;
  readonly send: Send;
}
