/** A busy NATS server refuses clients that log in late, also several times in a row: the bus tries on. */
import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./bus.conformance.ts";
import { connectNatsBus } from "./bus-nats.ts";

const info = { server_id: "s", version: "2.10.0", proto: 1, headers: true, max_payload: 1_048_576 };

/** A server that lets in the connections that `isLetIn` says, counted from 0. */
const startServer = async (isLetIn: (connection: number) => boolean) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on("data", (bytes) => {
      if (!isLetIn(connection)) socket.end("-ERR 'Authentication Timeout'\r\n");
      else if (bytes.toString().includes("PING")) socket.write("PONG\r\n");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `nats://127.0.0.1:${port}`, sockets, stop };
};

test("a bus that is refused again and again reconnects once it is let in", async () => {
  const server = await startServer((connection) => connection === 0 || connection > 3);
  onTestFinished(server.stop);
  const bus = await connectNatsBus({ servers: server.url });
  const seen: string[] = [];
  bus.onStatus(({ type }) => seen.push(type));
  server.sockets[0]?.destroy();
  await until(() => seen.includes("reconnected") || seen.includes("closed"));
  expect(seen).not.toContain("closed");
  expect(server.sockets.length).toBeGreaterThan(4);
  await bus.close();
});

test("a bus that is refused when it first connects says so", async () => {
  const server = await startServer(() => false);
  onTestFinished(server.stop);
  await expect(connectNatsBus({ servers: server.url })).rejects.toMatchObject({ code: "AGORA_BUS_CONNECT" });
});
