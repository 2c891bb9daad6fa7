/**
 * Sends frames to the viewers as server-sent events.
 *
 * 1. It sends at most one frame per 100 ms, builds it once for all viewers, and sends none if nothing has changed.
 * 2. A slow viewer skips frames and later receives one full frame, so at most one frame waits per viewer.
 * 3. Without viewers no timer runs and nothing is inspected.
 * 4. The last event of a stream says why the server ends; a stream without it was cut off.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Farewell, Frame } from "../view.ts";
import type { Frames } from "./frames.ts";

/** Time between two frames [ms]. */
const framePause = 100;
/** A comment line keeps the connection open after this many frames without a change. */
const heartbeat = 200;
const maximumViewers = 100;

export class TooManyViewers extends AgoraError<"AGORA_PAGE_VIEWERS"> {
  constructor() {
    super("AGORA_PAGE_VIEWERS", `${maximumViewers} viewers are already connected`, {
      fix: "close one of them",
    });
  }
}

interface Viewer {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  isBehind: boolean;
}

const utf8 = new TextEncoder();
const lineOf = (frame: Frame): Uint8Array => utf8.encode(`data: ${JSON.stringify(frame)}\n\n`);
const farewellOf = (farewell: Farewell): Uint8Array =>
  utf8.encode(`event: farewell\ndata: ${JSON.stringify(farewell)}\n\n`);
const alive = utf8.encode(": alive\n\n");

export class Broadcast {
  readonly #frames: Frames;
  readonly #viewers = new Set<Viewer>();
  #timer: NodeJS.Timeout | undefined;
  #silence = 0;
  #isClosed = false;

  constructor(frames: Frames) {
    this.#frames = frames;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** The event stream of one viewer; its first event is a full frame. @throws TooManyViewers */
  async connect(): Promise<ReadableStream<Uint8Array>> {
    if (this.#viewers.size >= maximumViewers) throw new TooManyViewers();
    await this.#frames.read();
    let viewer: Viewer | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          viewer = { controller, isBehind: false };
          this.#add(viewer);
        },
        cancel: () => {
          if (viewer) this.#remove(viewer);
        },
      },
      { highWaterMark: 1 },
    );
  }

  /** With a farewell the viewers get the newest frame and learn why the server ends. */
  close(farewell?: Farewell): void {
    if (farewell && this.#viewers.size > 0) this.#part(farewell);
    this.#isClosed = true;
    for (const viewer of [...this.#viewers]) {
      this.#remove(viewer);
      viewer.controller.close();
    }
  }

  #part(farewell: Farewell): void {
    const last = lineOf(this.#frames.whole());
    for (const { controller } of this.#viewers) {
      controller.enqueue(last);
      controller.enqueue(farewellOf(farewell));
    }
  }

  #add(viewer: Viewer): void {
    if (this.#isClosed) {
      viewer.controller.close();
      return;
    }
    this.#viewers.add(viewer);
    this.#frames.observation?.start();
    this.#timer ??= setInterval(() => this.#tick(), framePause).unref();
    viewer.controller.enqueue(lineOf(this.#frames.whole()));
  }

  #remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#frames.observation?.stop();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const frame = this.#frames.next();
    this.#silence = frame ? 0 : this.#silence + 1;
    if (frame) this.#send(lineOf(frame));
    else this.#catchUp();
    if (this.#silence >= heartbeat) this.#beat();
  }

  #send(line: Uint8Array): void {
    const late: Viewer[] = [];
    for (const viewer of this.#viewers) {
      if (!isReady(viewer)) viewer.isBehind = true;
      else if (viewer.isBehind) late.push(viewer);
      else viewer.controller.enqueue(line);
    }
    this.#sendWhole(late);
  }

  #catchUp(): void {
    this.#sendWhole([...this.#viewers].filter((viewer) => viewer.isBehind && isReady(viewer)));
  }

  #sendWhole(viewers: readonly Viewer[]): void {
    if (viewers.length === 0) return;
    const line = lineOf(this.#frames.whole());
    for (const viewer of viewers) {
      viewer.isBehind = false;
      viewer.controller.enqueue(line);
    }
  }

  #beat(): void {
    this.#silence = 0;
    for (const viewer of this.#viewers) if (isReady(viewer)) viewer.controller.enqueue(alive);
  }
}

const isReady = ({ controller }: Viewer): boolean => (controller.desiredSize ?? 0) > 0;
