/**
 * The engine port: what the pocket server and the trainer need from a pocket model.
 * Two implementations: the embedded engine in its worker thread, and a controllable twin for tests.
 */

/** One sequence to sample. Token ids in, token ids out. */
export interface GenerationRequest {
  /** Prompt token ids, beginning-of-sequence token included. `[prompt]` */
  readonly prompt: readonly number[];
  /** At most this many new tokens. 0 only scores the prompt. */
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]. */
  readonly topP: number;
  /** The same seed and prompt give the same tokens, whatever else is in the batch. */
  readonly seed: number;
  /** Sampling ends before a text that contains one of these; the end-of-sequence token always stops. */
  readonly stop: readonly string[];
  /** How many alternatives to report per new token; undefined reports no log-probabilities. */
  readonly logprobs?: number;
  /** Also report the log-probability of every prompt token. */
  readonly scorePrompt?: boolean;
  /** A loaded adapter's name; undefined is the base model. */
  readonly adapter?: string;
}

export interface TokenLogprob {
  readonly token: number;
  /** Natural logarithm of the untempered probability. */
  readonly logprob: number;
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

export interface Generation {
  /** New tokens, without the end-of-sequence token or the stop text. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly logprobs?: readonly TokenLogprob[];
  /** First entry is undefined: the first token has no context. */
  readonly promptLogprobs?: readonly (TokenLogprob | undefined)[];
}

export interface Tokenizer {
  readonly vocabularySize: number;
  readonly beginToken: number;
  readonly endToken: number;
  encode(text: string): number[];
  /** Special tokens are left out. */
  decode(tokens: readonly number[]): string;
}

export interface GenerationOptions {
  /** Aborting frees the sequence's place in the batch and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with each newly decoded piece of text, for streaming. */
  readonly onText?: (piece: string) => void;
}

export interface Engine {
  readonly model: string;
  /** Positions the model was built for; prompt plus new tokens stay within it. */
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** Requests that are under way together are decoded as one batch. */
  generate(request: GenerationRequest, options?: GenerationOptions): Promise<Generation>;
  /** Loads a PEFT LoRA folder (`adapter_config.json`, `adapter_model.safetensors`). A taken name is an error. */
  loadAdapter(name: string, folder: string): Promise<void>;
  unloadAdapter(name: string): Promise<void>;
  adapters(): readonly string[];
  close(): Promise<void>;
}

/** One supervised example; the loss covers `response` plus the end-of-sequence token only (Eq. 3). */
export interface TrainingSample {
  readonly prompt: string;
  readonly response: string;
}

export interface TrainingJob {
  /** Folder of the base checkpoint. */
  readonly base: string;
  /** Folder of the adapter to go on from; undefined starts a fresh one. */
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
  /** Folder that receives the adapter, written whole or not at all. */
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
