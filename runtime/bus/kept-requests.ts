/**
 * Payloads that a NATS server is asked to keep, and the answers to them.
 *
 * 1. A stream that takes the subject (runtime/jetstream/kept-reception.ts) confirms on the reply subject; the receiver
 *    answers on the subject in the header `Agora-Answer`, since a stream replaces the reply subject.
 * 2. Without a stream the receiver answers all the same, and nothing is kept.
 */
import { createInbox, headers, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import {
  abortedError,
  closedError,
  type KeepOptions,
  noRespondersError,
  timeoutError,
  unansweredError,
} from "./bus.ts";
import { requestError } from "./nats-errors.ts";

const idHeader = "Nats-Msg-Id";
const termHeader = "Agora-Term";
const answerHeader = "Agora-Answer";
const noResponders = 503;
const answerToken = "answer";

/** Of a payload that a host sends. */
export const headersOf = (term: number | undefined): MsgHdrs => {
  const given = headers();
  if (term !== undefined) given.set(termHeader, String(term));
  return given;
};

/** The term of the host that has sent a payload; undefined if it names none. */
export const termOf = ({ headers: given }: Msg): number | undefined => {
  const term = Number(given?.get(termHeader));
  return Number.isSafeInteger(term) && term > 0 ? term : undefined;
};

/** Where a payload is answered: undefined if nobody waits for it. */
export const answerSubject = ({ headers: given, reply }: Msg): string | undefined => {
  const named = given?.get(answerHeader) ?? "";
  // Answers go to inboxes only: nobody can have the receiver publish in its name.
  return named.startsWith("_INBOX.") ? named : reply;
};

interface Waiting {
  readonly subject: string;
  readonly answered: (payload: Uint8Array) => void;
  readonly kept: () => void;
  readonly failed: (cause: unknown) => void;
}

export class KeptRequests {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor(connection: NatsConnection, inboxPrefix: string | undefined) {
    this.#connection = connection;
    this.#inbox = createInbox(inboxPrefix);
    connection.subscribe(`${this.#inbox}.>`, {
      callback: (error, arrived) => {
        if (!error) this.#arrive(arrived);
      },
    });
  }

  send(subject: string, payload: Uint8Array, options: KeepOptions): Promise<Uint8Array> {
    const { signal, timeoutMilliseconds, patienceMilliseconds, onKept } = options;
    this.#count += 1;
    const token = String(this.#count);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    let timer = setTimeout(() => reject(timeoutError(subject, timeoutMilliseconds)), timeoutMilliseconds);
    const kept = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => reject(unansweredError(subject)), patienceMilliseconds);
      onKept?.();
    };
    const aborted = (): void => reject(abortedError(subject, signal?.reason));
    signal?.addEventListener("abort", aborted);
    this.#waiting.set(token, { subject, answered: resolve, kept, failed: reject });
    try {
      this.#publish(subject, payload, options, token);
    } catch (cause) {
      reject(cause);
    }
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      this.#waiting.delete(token);
    });
  }

  /** The server does not let this connection publish on the subject. */
  refused(subject: string, cause: unknown): void {
    for (const waiting of this.#waiting.values())
      if (waiting.subject === subject) waiting.failed(requestError(cause, subject, 0));
  }

  /** The connection is closed: no answer will arrive. */
  close(): void {
    for (const { failed } of this.#waiting.values()) failed(closedError());
  }

  #publish(subject: string, payload: Uint8Array, { id, term }: KeepOptions, token: string): void {
    const given = headersOf(term);
    given.set(idHeader, id);
    given.set(answerHeader, `${this.#inbox}.${token}.${answerToken}`);
    this.#connection.publish(subject, payload, { reply: `${this.#inbox}.${token}`, headers: given });
  }

  #arrive({ subject, data, headers: given }: Msg): void {
    const [token = "", kind] = subject.slice(this.#inbox.length + 1).split(".");
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    if (kind === answerToken) waiting.answered(data);
    else if (given?.code === noResponders) waiting.failed(noRespondersError(subject));
    else if (isConfirmed(data)) waiting.kept();
  }
}

/** A stream that cannot keep a payload says so; its sender then waits for another answer in vain, and sends it again. */
const isConfirmed = (confirmation: Uint8Array): boolean => {
  try {
    const { stream, error }: { stream?: unknown; error?: unknown } = JSON.parse(
      new TextDecoder().decode(confirmation),
    );
    return typeof stream === "string" && error === undefined;
  } catch {
    return false;
  }
};
