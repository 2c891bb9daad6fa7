/** A link between one process and a NATS server that tests can cut. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { NatsServer } from "./nats-server.fixture.ts";

export interface CutLink {
  readonly url: string;
  become(state: "cut" | "whole"): void;
}

/** A link to a server, until the end of the test: while it is cut nobody behind it can connect. */
export const startLink = async ({ port }: Pick<NatsServer, "port">): Promise<CutLink> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const listener = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket.on("error", () => {}).on("close", () => other.destroy()));
      socket.pipe(other);
    }
    if (isCut) client.destroy();
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const become = (state: "cut" | "whole"): void => {
    isCut = state === "cut";
    if (!isCut) return;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    become("cut");
    listener.close();
  });
  const { port: own } = listener.address() as AddressInfo;
  return { url: `nats://127.0.0.1:${own}`, become };
};
