/**
 * Decodes and validates the payloads from the bus.
 *
 * 1. It never throws: it counts a payload that is not a message and publishes it on `agora.<run>.dead-letter` with the
 *    reason.
 * 2. A message is validated when it is sent: its own process need not decode it. On a local bus it is not packed either.
 */
import type { Bus, Delivery } from "../bus/bus.ts";
import { type Message, parseMessage } from "../messages.ts";
import type { Codec } from "./codec.ts";

export type DeadLetter = {
  readonly subject: string;
  readonly reason: string;
  /** Size of the refused payload [bytes]; `payload` holds only its beginning. */
  readonly bytes: number;
  readonly payload: Uint8Array;
  /** Number of payloads this reader has refused so far, including this one. */
  readonly count: number;
};

export type DeadLetterListener = (letter: DeadLetter) => void;

const keptBytes = 1024;

/** A message on a bus that does not leave the process: it is not packed. */
class LocalPayload extends Uint8Array {
  readonly message: Message;

  constructor(message: Message) {
    super();
    this.message = message;
  }
}

export interface Letter {
  readonly message: Message;
  readonly payload: Uint8Array;
  /** Otherwise its readers refuse it. */
  readonly isValid: boolean;
}

/**
 * What is not a message is packed all the same: the readers refuse it, as they would refuse a stranger's.
 * @throws CodecError
 */
export const writeMessage = (message: Message, codec: Codec, { isLocal }: Pick<Bus, "isLocal">): Letter => {
  const known = parsedOf(message);
  if (known === undefined) return { message, payload: codec.encode(message), isValid: false };
  const payload = isLocal ? new LocalPayload(known) : codec.encode(known);
  return { message: known, payload, isValid: true };
};

/** As the readers of its payload would know it: without fields that no schema names. */
const parsedOf = (candidate: Message): Message | undefined => {
  try {
    return parseMessage(candidate);
  } catch {
    return undefined;
  }
};

export const deadLetterSubject = (run: string): string => `agora.${run}.dead-letter`;

export type ReaderOptions = {
  readonly bus: Bus;
  readonly run: string;
  readonly codec: Codec;
  readonly onDeadLetter?: DeadLetterListener | undefined;
};

export class Reader {
  readonly #options: ReaderOptions;
  #refused = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get refused(): number {
    return this.#refused;
  }

  /**
   * The message, or undefined if the payload is refused; `check` returns a further reason to refuse it. `known`: the
   * message, if this process has written the payload.
   */
  read(
    delivery: Delivery,
    check: (message: Message) => string | undefined,
    known?: Message,
  ): Message | undefined {
    try {
      const message = known ?? this.#messageIn(delivery);
      const reason = check(message);
      if (reason === undefined) return message;
      this.#refuse(delivery, reason);
    } catch (cause) {
      this.#refuse(delivery, cause instanceof Error ? cause.message : String(cause));
    }
    return undefined;
  }

  #messageIn({ payload }: Delivery): Message {
    if (payload instanceof LocalPayload) return payload.message;
    return parseMessage(this.#options.codec.decode(payload));
  }

  #refuse({ subject, payload }: Delivery, reason: string): void {
    this.#refused += 1;
    const letter: DeadLetter = {
      subject,
      reason: reason.slice(0, 500),
      bytes: payload.byteLength,
      payload: payload.slice(0, keptBytes),
      count: this.#refused,
    };
    const { bus, run, codec, onDeadLetter } = this.#options;
    try {
      onDeadLetter?.(letter);
      bus.publish(deadLetterSubject(run), codec.encode(letter));
    } catch {
      // The bus is closed or the listener failed: the payload is counted, but cannot be reported.
    }
  }
}
