import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { keepAliveFetch } from "./http.ts";

/** A server that answers after the time in the path [ms], and counts its connections. */
const serve = async () => {
  let opened = 0;
  let open = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, async ({ url = "" }, response) => {
    await sleep(Number(url.slice(1)));
    response.end("ok");
  });
  server.on("connection", (socket) => {
    opened += 1;
    open += 1;
    socket.on("close", () => {
      open -= 1;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, opened: () => opened, open: () => open };
};

test("a connection is used again, closed before it has been idle for five seconds, and open while an answer takes longer", async () => {
  const { url, opened, open } = await serve();
  const ask = async (milliseconds: number) => (await keepAliveFetch(`${url}/${milliseconds}`)).text();
  expect([await ask(0), await ask(0)]).toEqual(["ok", "ok"]);
  expect([opened(), open()]).toEqual([1, 1]);
  await expect.poll(open, { timeout: 20_000 }).toBe(0);
  expect(await ask(5_500)).toBe("ok");
});

/** A server that answers every request with these lines. */
const answering = async (...lines: readonly string[]): Promise<string> => {
  const server = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(lines.map((line) => `${line}\r\n`).join("")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test.each([
  ["999", ["HTTP/1.1 999 Denied", "content-length: 0", ""]],
  ["99", ["HTTP/1.1 099 Odd", "content-length: 0", ""]],
  ["101", ["HTTP/1.1 101 Switching Protocols", "connection: upgrade", "upgrade: websocket", ""]],
])("an answer with status %s is an error", async (status, lines) => {
  const url = await answering(...lines);
  await expect(keepAliveFetch(url)).rejects.toThrow(`status ${status}, expected 200 to 599`);
});

test("an answer without an end is an error before it fills the memory", async () => {
  const chunk = Buffer.alloc(1024 ** 2);
  const server = createServer((_, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", write);
    write();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(3_000);
  const asked = keepAliveFetch(`http://127.0.0.1:${port}`, { signal });
  await expect(asked).rejects.toThrow("longer than 134217728 bytes");
});
