/** Leases on a real nats-server: one holder at a time, whatever happens to it or to the server. */
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import { type Lease, type LeaseOptions, takeLease } from "./lease.ts";
import { declareTickets, holders, leases } from "./stores.ts";

const ttlSeconds = 1;

describe.skipIf(skipNats)(`the lease of a run${natsNote}`, () => {
  let server: NatsServer;
  beforeEach(async () => {
    server = await startNatsServer(["-js", "-sd", "jetstream"]);
    return () => server.stop();
  });

  const take = async (holder: string, more: Partial<LeaseOptions> = {}): Promise<Lease | undefined> => {
    const lease = await takeLease({
      servers: server.url,
      run: "r",
      holder,
      replicas: 1,
      ttlSeconds,
      ...more,
    });
    onTestFinished(() => lease?.release());
    return lease;
  };

  const direct = async () => {
    const connection = await connect({ servers: server.url });
    onTestFinished(() => connection.close());
    return connection;
  };

  const isLost = (lease: Lease | undefined) => Promise.race([lease?.lost.then(() => true), sleep(50, false)]);

  test("is held by one, who renews it, and is free once it is given back", async () => {
    const first = await take("one");
    expect(first?.differences).toEqual([]);
    const said: string[] = [];
    const held = take("two", { waitSeconds: 2 * ttlSeconds, onWait: (holder) => said.push(holder) });
    await expect(held).rejects.toMatchObject({
      code: "AGORA_LEASE_HELD",
      message: expect.stringContaining("one hosts run r"),
    });
    expect(said).toEqual(["one"]);
    expect(await isLost(first)).toBe(false);
    expect(await take("other", { run: "s" })).toBeDefined();
    const waiting = take("two");
    await first?.release();
    expect(await waiting).toBeDefined();
  });

  test("of a holder that shows no life expires; one of many standbys gets it", async () => {
    const bucket = await new Kvm(await direct()).create(leases.name, { ttl: ttlSeconds * 1000 });
    await bucket.create("r", "dead");
    const standbys = [take("two", { waitSeconds: 4 }), take("three", { waitSeconds: 4 })];
    const outcomes = await Promise.allSettled(standbys);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("that another has taken is lost to the one before, who does not take it back", async () => {
    const first = await take("one");
    const bucket = await new Kvm(await direct()).open(leases.name);
    await bucket.put("r", "two");
    expect(await first?.lost).toMatchObject({ code: "AGORA_LEASE_LOST" });
    expect((await bucket.get("r"))?.string()).toBe("two");
  });

  test("that another has had is not taken back, although it is free again", async () => {
    const first = await take("one");
    const kvm = new Kvm(await direct());
    const [bucket, names] = [await kvm.open(leases.name), await kvm.open(holders.name)];
    expect((await names.get("r"))?.string()).toMatch(/^one\n/);
    // As a holder of the meantime leaves it that has shown no life for long enough.
    await names.put("r", "two");
    await bucket.delete("r");
    expect(await first?.lost).toMatchObject({ code: "AGORA_LEASE_LOST" });
    expect((await bucket.get("r"))?.string() ?? "").toBe("");
    expect(await take("three")).toBeDefined();
    expect((await names.get("r"))?.string()).toMatch(/^three\n/);
  });

  test("that has expired is taken again by its holder, if nobody has had it since", async () => {
    const first = await take("one");
    const bucket = await new Kvm(await direct()).open(leases.name);
    for (let times = 0; times < 3; times += 1) {
      await bucket.delete("r");
      await until(async () => (await bucket.get("r"))?.string().startsWith("one\n") ?? false);
    }
    expect(await isLost(first)).toBe(false);
  });

  test("outlives a restart of its server, also a longer one than it lasts", async () => {
    const first = await take("one");
    for (const seconds of [0, 2 * ttlSeconds]) {
      await server.kill();
      await sleep(seconds * 1000);
      await server.restart();
      await sleep(2_500);
      expect(await isLost(first)).toBe(false);
    }
    await expect(take("two", { waitSeconds: 0 })).rejects.toMatchObject({ code: "AGORA_LEASE_HELD" });
  });

  test("what the server has made otherwise than declared is said, and what it cannot keep is an error", async () => {
    await new Kvm(await direct()).create(leases.name, { ttl: 5_000 });
    expect((await take("one"))?.differences).toEqual([
      "stream KV_agora-leases: max_age is 5000000000, not 1000000000",
    ]);
    const manager = await jetstreamManager(await direct());
    expect(await declareTickets(manager, 1)).toEqual([]);
    expect(await declareTickets(manager, 3)).toEqual(["stream agora-training: num_replicas is 1, not 3"]);
    await manager.streams.delete("agora-training");
    await expect(declareTickets(manager, 3)).rejects.toThrow("replicas > 1 not supported");
    const plain = await startNatsServer();
    onTestFinished(() => plain.stop());
    await expect(take("one", { servers: plain.url })).rejects.toMatchObject({
      code: "AGORA_LEASE_UNAVAILABLE",
      message: expect.stringContaining("Fix: start it with JetStream"),
    });
  });

  test("a wait ends with its signal", async () => {
    await take("one");
    const stopping = new AbortController();
    const waiting = take("two", { signal: stopping.signal });
    setTimeout(() => stopping.abort(), 100);
    expect(await waiting).toBeUndefined();
  });
});
