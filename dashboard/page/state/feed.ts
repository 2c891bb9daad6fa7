/**
 * Receives the frames of a live run as server-sent events.
 *
 * 1. The first frame after each connect contains all agents, so it covers the frames missed before.
 * 2. A lost connection is retried without limit, also after the browser has stopped retrying, and more rarely after the
 *    server has said that it ends.
 */
import { signal } from "@preact/signals";
import type { Farewell, Frame } from "../../view.ts";
import { hasServer } from "./api.ts";

/** `over`: the server has said that it ends. */
export type Connection = "idle" | "connecting" | "open" | "lost" | "over";

export const connection = signal<Connection>("idle");
/** Why the server ended, if it has said so. */
export const farewell = signal<string | undefined>(undefined);

export interface FeedListener {
  frame(frame: Frame, whole: boolean): void;
  /** The connection is restored after a loss; any data may have changed. */
  reopened(): void;
}

/** Time between two attempts to connect [ms]. */
const retryPause = 1000;
/** The same after the server has ended: somebody may start it again. */
const patientPause = 5000;

export class Feed {
  readonly #listener: FeedListener;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #whole = true;

  constructor(listener: FeedListener) {
    this.#listener = listener;
  }

  open(): void {
    this.close();
    if (!hasServer()) return;
    if (!isGone(connection.peek())) connection.value = "connecting";
    const source = new EventSource("feed");
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onmessage = ({ data }: MessageEvent<string>) => this.#receive(data);
    source.addEventListener("farewell", ({ data }: MessageEvent<string>) => this.#part(data));
    source.onerror = () => this.#lost(source);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  #opened(): void {
    this.#whole = true;
    const wasLost = isGone(connection.peek());
    connection.value = "open";
    farewell.value = undefined;
    if (wasLost) this.#listener.reopened();
  }

  #receive(data: string): void {
    const frame = JSON.parse(data) as Frame;
    this.#listener.frame(frame, this.#whole);
    this.#whole = false;
  }

  /** Closes the stream, so that the browser does not retry by itself. */
  #part(data: string): void {
    farewell.value = (JSON.parse(data) as Farewell).reason;
    connection.value = "over";
    this.close();
    this.#retry = setTimeout(() => this.open(), patientPause);
  }

  #lost(source: EventSource): void {
    const isOver = connection.peek() === "over";
    if (!isOver) connection.value = "lost";
    if (isOver) source.close();
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), isOver ? patientPause : retryPause);
  }
}

const isGone = (state: Connection): boolean => state === "lost" || state === "over";
