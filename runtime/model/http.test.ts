import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
