import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { bytes, describeBus, textOf, until } from "./bus.conformance.ts";
import type { BusStatus } from "./bus.ts";
import { connectNatsBus } from "./bus-nats.ts";
import {
  type NatsServer,
  natsNote,
  natsServerProgram,
  skipNats,
  startNatsServer,
} from "./nats-server.fixture.ts";

const configuration = resolve(import.meta.dirname, "../../nats.conf");

describe.skipIf(skipNats)(`with a real nats-server${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
  });
  afterAll(() => server?.stop());

  describeBus("the NATS bus", async (options) => await connectNatsBus({ servers: server.url, ...options }));

  test("two connections receive each other's payloads", async () => {
    const [first, second] = [
      await connectNatsBus({ servers: server.url }),
      await connectNatsBus({ servers: [server.url] }),
    ];
    const heard: string[] = [];
    second.subscribe("a.*", ({ payload }) => void heard.push(textOf(payload)));
    second.subscribe("ask", ({ reply }) => reply?.(bytes("answer")));
    await second.flush();
    first.publish("a.b", bytes("hello"));
    expect(textOf(await first.request("ask", bytes(""), { timeoutMilliseconds: 5000 }))).toBe("answer");
    await until(() => heard.length === 1);
    expect(heard).toEqual(["hello"]);
    await Promise.all([first.drain(), second.drain()]);
  });

  test("connecting without a server fails with AGORA_BUS_CONNECT and does not show the password", async () => {
    const failed = connectNatsBus({ servers: "nats://me:secret@127.0.0.1:1" });
    await expect(failed).rejects.toMatchObject({ code: "AGORA_BUS_CONNECT" });
    await expect(failed).rejects.toThrow("nats://127.0.0.1:1");
    await expect(failed).rejects.not.toThrow("secret");
  });

  test("nats.conf is valid for the installed server", () => {
    expect(() =>
      execFileSync(natsServerProgram ?? "", ["-t", "-c", configuration], { stdio: "pipe" }),
    ).not.toThrow();
  });

  test("a server with nats.conf listens on loopback, has JetStream and accepts payloads of 8 MiB", async () => {
    const configured = await startNatsServer(["-c", configuration]);
    const bus = await connectNatsBus({ servers: configured.url });
    expect(bus.maxPayload).toBe(8 * 1024 * 1024);
    const answer = await bus.request("$JS.API.INFO", bytes(""), { timeoutMilliseconds: 5000 });
    expect(JSON.parse(textOf(answer))).toMatchObject({
      type: "io.nats.jetstream.api.v1.account_info_response",
    });
    await bus.close();
    const later = await connectNatsBus({ servers: configured.url });
    await configured.kill();
    await until(() => !later.connected);
    expect(() => later.publish("first", new Uint8Array(2 * 1024 * 1024))).not.toThrow();
    await later.close();
    await configured.stop();
  });
});

describe.skipIf(skipNats)(`when the server dies${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  test("subscriptions and queue groups work again after the server is killed and restarted", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    const statuses: BusStatus["type"][] = [];
    const heard: string[] = [];
    bus.onStatus((status) => statuses.push(status.type));
    bus.subscribe("a.>", ({ payload }) => void heard.push(textOf(payload)));
    bus.subscribe("ask", ({ reply }) => reply?.(bytes("answer")), { queue: "q" });
    bus.publish("a.b", bytes("before"));
    await until(() => heard.length === 1);
    for (const round of ["once", "twice"]) {
      await server.kill();
      await until(() => statuses.includes("disconnected"));
      expect(bus.connected).toBe(false);
      bus.publish("a.b", bytes(`late ${round}`));
      await server.restart();
      await until(() => statuses.includes("reconnected"));
      expect(bus.connected).toBe(true);
      bus.publish("a.b", bytes(round));
      await until(() => heard.includes(round));
      expect(heard.slice(-2)).toEqual([`late ${round}`, round]);
      expect(textOf(await bus.request("ask", bytes(""), { timeoutMilliseconds: 5000 }))).toBe("answer");
      statuses.length = 0;
    }
    await bus.drain();
  });

  test("others that are back get what was published meanwhile, in its order and before anything newer", async () => {
    const [bus, other] = [
      await connectNatsBus({ servers: server.url }),
      await connectNatsBus({ servers: server.url }),
    ];
    onTestFinished(() => bus.close());
    onTestFinished(() => other.close());
    const heard: string[] = [];
    other.subscribe("late.*", ({ payload }) => void heard.push(textOf(payload)));
    await other.flush();
    const texts = Array.from({ length: 200 }, (_, index) => String(index));
    const send = (text: string): void => bus.publish("late.a", bytes(text));
    await server.kill();
    await until(() => !bus.connected);
    texts.slice(0, 100).forEach(send);
    await server.restart();
    await until(() => other.connected && bus.connected);
    await other.flush();
    texts.slice(100).forEach(send);
    await until(() => heard.includes("199"));
    expect(heard).toEqual(texts);
  });

  test("a bus reconnects although the wall clock has been set back by a day", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    onTestFinished(() => bus.close());
    const statuses: BusStatus["type"][] = [];
    bus.onStatus((status) => statuses.push(status.type));
    onTestFinished(() => void vi.useRealTimers());
    vi.setSystemTime(Date.now() - 24 * 3600 * 1000);
    await server.kill();
    await until(() => statuses.includes("disconnected"));
    await server.restart();
    await until(() => statuses.includes("reconnected"));
  });

  test("while its server is away a bus tries it a few times a second, and keeps no processor busy", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    onTestFinished(() => bus.close());
    await server.kill();
    let tries = 0;
    const deaf = createServer((socket) => {
      tries += 1;
      socket.destroy();
    }).listen(server.port, "127.0.0.1");
    await sleep(2_000);
    await new Promise((resolve) => deaf.close(resolve));
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(15);
    await server.restart();
  });

  test("a flush waits for a server that restarts, and for its answer at most five seconds", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    onTestFinished(() => bus.close());
    const heard: string[] = [];
    await server.kill();
    bus.subscribe("a", ({ payload }) => void heard.push(textOf(payload)));
    const flushed = bus.flush();
    await server.restart();
    await flushed;
    const other = await connectNatsBus({ servers: server.url });
    onTestFinished(() => other.close());
    other.publish("a", bytes("hello"));
    await until(() => heard.length > 0);
    await server.kill();
    await expect(bus.flush()).rejects.toMatchObject({ code: "AGORA_BUS_TIMEOUT" });
    await server.restart();
  });

  test("a flush that waits for its server ends with the bus", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    await server.kill();
    await until(() => !bus.connected);
    const flushing = expect(bus.flush()).rejects.toMatchObject({ code: "AGORA_BUS_CLOSED" });
    await bus.close();
    const closedAt = performance.now();
    await flushing;
    expect(performance.now() - closedAt).toBeLessThan(3_000);
    await server.restart();
  });

  test("close resolves immediately while the server is down", async () => {
    const bus = await connectNatsBus({ servers: server.url });
    const statuses: BusStatus["type"][] = [];
    bus.onStatus((status) => statuses.push(status.type));
    bus.subscribe("a", () => undefined);
    await server.kill();
    await until(() => statuses.includes("disconnected"));
    await bus.close();
    await until(() => statuses.includes("closed"));
    expect(() => bus.publish("a", bytes(""))).toThrow(expect.objectContaining({ code: "AGORA_BUS_CLOSED" }));
    await server.restart();
  });
});
