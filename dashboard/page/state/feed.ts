/**
 * Receives the frames of a live run as server-sent events.
 *
 * 1. The first frame after each connect contains all agents, so it covers the frames missed before.
 * 2. A lost connection is retried without limit, also after the browser has stopped retrying.
 */
import { signal } from "@preact/signals";
import type { Frame } from "../../view.ts";
import { hasServer } from "./api.ts";

export type Connection = "idle" | "connecting" | "open" | "lost";

export const connection = signal<Connection>("idle");

export interface FeedListener {
  frame(frame: Frame, whole: boolean): void;
  /** The connection is restored after a loss; any data may have changed. */
  reopened(): void;
}

/** Time between two attempts to connect [ms]. */
const retryPause = 1000;

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
    const wasLost = connection.peek() === "lost";
    connection.value = wasLost ? "lost" : "connecting";
    const source = new EventSource("feed");
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onmessage = ({ data }: MessageEvent<string>) => this.#receive(data);
    source.onerror = () => this.#lost(source);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  #opened(): void {
    this.#whole = true;
    const wasLost = connection.peek() === "lost";
    connection.value = "open";
    if (wasLost) this.#listener.reopened();
  }

  #receive(data: string): void {
    const frame = JSON.parse(data) as Frame;
    this.#listener.frame(frame, this.#whole);
    this.#whole = false;
  }

  #lost(source: EventSource): void {
    connection.value = "lost";
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), retryPause);
  }
}
