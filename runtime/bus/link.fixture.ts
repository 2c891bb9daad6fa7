/** The link between one process and a NATS server: a TCP proxy that can be cut, silenced, slowed and tampered with. */
import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";

export type LinkState = "whole" | "cut" | "silent" | "slow";

export type Forward = (bytes: Buffer) => void;

/** Gets what the client of one connection sends, in chunks, and forwards what the server is to get. */
export type Relay = (chunk: Buffer, forward: Forward) => void;

/** How late bytes are on a slow link [ms]. */
const lateness = 150;

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

const pass: Relay = (chunk, forward) => forward(chunk);

export class Link {
  readonly #listener: Server;
  readonly #target: number;
  readonly #relay: () => Relay;
  readonly #connections = new Set<Connection>();
  /** Chunks that are on their way, by the socket they go to. */
  readonly #late = new WeakMap<Socket, number>();
  #state: LinkState = "whole";
  /** Connections that a cut has broken or refused. */
  #broken = 0;
  /** Chunks that were held up. */
  #held = 0;

  private constructor(listener: Server, target: number, relay: () => Relay) {
    this.#listener = listener;
    this.#target = target;
    this.#relay = relay;
    listener.on("connection", (client) => this.#accept(client));
  }

  /**
   * @param target port of the server on loopback.
   * @param relay called for each connection.
   */
  static async open(target: number, relay = (): Relay => pass): Promise<Link> {
    const listener = createServer({ pauseOnConnect: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new Link(listener, target, relay);
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** What cuts, silence and slowness have met so far. */
  get spoiled(): number {
    return this.#broken + this.#held;
  }

  become(state: LinkState): void {
    this.#state = state;
    for (const { client, server } of this.#connections) {
      if (state === "cut") this.#break(client, server);
      if (state === "silent") for (const socket of [client, server]) socket.pause();
      if (state === "whole") for (const socket of [client, server]) socket.resume();
    }
    if (state === "silent") this.#held += this.#connections.size;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#connections) this.#break(client, server);
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #break(client: Socket, server: Socket): void {
    this.#broken += 1;
    client.destroy();
    server.destroy();
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#state === "cut") {
      this.#broken += 1;
      client.destroy();
      return;
    }
    const server = dial(this.#target, "127.0.0.1");
    for (const socket of [client, server]) socket.setNoDelay(true);
    server.on("error", () => {});
    const connection = { client, server };
    this.#connections.add(connection);
    for (const socket of [client, server])
      socket.on("close", () => {
        this.#connections.delete(connection);
        client.destroy();
        server.destroy();
      });
    const relay = this.#relay();
    const forward: Forward = (bytes) => this.#write(server, bytes);
    client.on("data", (chunk: Buffer) => relay(chunk, forward));
    server.on("data", (chunk: Buffer) => this.#write(client, chunk));
    if (this.#state === "silent") server.pause();
    else client.resume();
  }

  /** Bytes never overtake those that are late. */
  #write(socket: Socket, bytes: Buffer): void {
    const late = this.#late.get(socket) ?? 0;
    if (this.#state !== "slow" && late === 0) {
      if (!socket.destroyed) socket.write(bytes);
      return;
    }
    if (this.#state === "slow") this.#held += 1;
    this.#late.set(socket, late + 1);
    setTimeout(() => {
      this.#late.set(socket, (this.#late.get(socket) ?? 1) - 1);
      if (!socket.destroyed) socket.write(bytes);
    }, lateness);
  }
}
