/**
 * The engine port: what the pocket server and the trainer need from a pocket model. Two implementations: the embedded
 * engine in its worker thread, and an in-memory twin for tests.
 */

/** One sequence to sample, with token ids as input and output. */
export interface GenerationRequest {
  /** Prompt token ids, including the beginning-of-sequence token. `[prompt]` */
  readonly prompt: readonly number[];
  /** Maximum number of new tokens. 0 only scores the prompt. */
  readonly maxTokens: number;
  /** 0 is greedy decoding. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]. */
  readonly topP: number;
  /** The same seed and prompt give the same tokens in any batch. */
  readonly seed: number;
  /** Sampling ends before any of these texts; the end-of-sequence token always ends it. */
  readonly stop: readonly string[];
  /** Number of alternatives to report per new token; undefined reports no log-probabilities. */
  readonly logprobs?: number;
  /** Reports the log-probability of every prompt token as well. */
  readonly scorePrompt?: boolean;
  /** Name of a loaded adapter; undefined for the base model. */
  readonly adapter?: string;
}

export interface TokenLogprob {
  readonly token: number;
  /** Natural logarithm of the probability at temperature 1. */
  readonly logprob: number;
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

export interface Generation {
  /** New tokens, without the end-of-sequence token or the stop text. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly logprobs?: readonly TokenLogprob[];
  /** The first entry is undefined, because the first token has no context. */
  readonly promptLogprobs?: readonly (TokenLogprob | undefined)[];
}

export interface Tokenizer {
  readonly vocabularySize: number;
  readonly beginToken: number;
  readonly endToken: number;
  encode(text: string): number[];
  /** Omits special tokens. */
  decode(tokens: readonly number[]): string;
}

export interface GenerationOptions {
  /** An abort frees the sequence's slot and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with each newly decoded piece of text, for streaming. */
  readonly onText?: (piece: string) => void;
}

export interface Engine {
  readonly model: string;
  /** Maximum positions of the model; prompt and new tokens together do not exceed it. */
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** Concurrent requests are decoded as one batch. */
  generate(request: GenerationRequest, options?: GenerationOptions): Promise<Generation>;
  /** Loads a PEFT LoRA folder (`adapter_config.json`, `adapter_model.safetensors`). A name in use is an error. */
  loadAdapter(name: string, folder: string): Promise<void>;
  unloadAdapter(name: string): Promise<void>;
  adapters(): readonly string[];
  close(): Promise<void>;
}

/** One supervised example; the loss covers only `response` and the end-of-sequence token (Eq. 3). */
export interface TrainingSample {
  readonly prompt: string;
  readonly response: string;
}

export interface TrainingJob {
  /** Folder of the base checkpoint. */
  readonly base: string;
  /** Folder of the adapter to continue from; undefined starts a new one. */
  readonly previousAdapter?: string;
  readonly samples: readonly TrainingSample[];
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targetModules: readonly string[];
  readonly learningRate: number;
  readonly epochs: number;
  /** Sequences per optimiser step. */
  readonly batchSize: number;
  readonly seed: number;
  /** Target folder of the adapter; it is written atomically. */
  readonly output: string;
}

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean cross-entropy per response token, in nats. */
  readonly loss: number;
  readonly gradientNorm: number;
}

export interface TrainingResult {
  readonly adapter: string;
  readonly steps: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly tokens: number;
  readonly seconds: number;
}

export type Train = (
  job: TrainingJob,
  options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: TrainingProgress) => void },
) => Promise<TrainingResult>;
