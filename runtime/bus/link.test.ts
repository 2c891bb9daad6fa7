/** A link carries bytes in order, breaks where it is cut, and holds them back where it is silent. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./bus.conformance.ts";
import { Link } from "./link.fixture.ts";

/** A server that keeps what it hears, and a client behind a link to it. */
const setting = async () => {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const link = await Link.open((server.address() as AddressInfo).port);
  const clients: Socket[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.destroy();
    await link.close();
    server.close();
  });
  const dial = async (): Promise<Socket> => {
    const client = connect(Number(new URL(link.url).port), "127.0.0.1");
    clients.push(client);
    client.on("error", () => {});
    await once(client, "connect");
    return client;
  };
  return { link, dial, heard: () => heard };
};

/** A client from which the server has heard `a`. */
const carrying = async () => {
  const found = await setting();
  const client = await found.dial();
  client.write("a");
  await until(() => found.heard() === "a");
  return { ...found, client };
};

test("a whole link carries everything, and a slow one later and in the same order", async () => {
  const { link, heard, client } = await carrying();
  link.become("slow");
  client.write("b");
  await until(() => link.spoiled > 0);
  link.become("whole");
  client.write("c");
  await until(() => heard().length === 3);
  expect(heard()).toBe("abc");
});

test("a cut breaks what is there and refuses what comes, until it is healed", async () => {
  const { link, dial, heard, client } = await carrying();
  const closed = once(client, "close");
  link.become("cut");
  await closed;
  await once(await dial(), "close");
  expect(link.spoiled).toBe(2);
  link.become("whole");
  (await dial()).write("b");
  await until(() => heard() === "ab");
});

test("on a silent link nothing arrives and nothing breaks", async () => {
  const { link, heard, client } = await carrying();
  link.become("silent");
  client.write("b");
  await sleep(50);
  expect([heard(), client.destroyed]).toEqual(["a", false]);
  link.become("whole");
  await until(() => heard() === "ab");
});
