/** A standby that its user stops around the moment in which it gets the lease. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { takeLease } from "../../runtime/jetstream/lease.ts";
import { leases } from "../../runtime/jetstream/stores.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import { agora } from "../agora.fixture.ts";
import { runFolder } from "../host/run-folder.ts";

const run = "leased";

const setting = async () => {
  const runsFolder = mkdtempSync(join(tmpdir(), "agora-interrupted-"));
  onTestFinished(() => rmSync(runsFolder, { recursive: true, force: true }));
  const server = await startNatsServer(["-js", "-sd", "jetstream"]);
  onTestFinished(() => server.stop());
  const models = ["a", "b", "c"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
  const overrides = { run, runsFolder, nats: server.url, preset: "paper", pack: "pocket", models } as const;
  const config = loadConfig({ env: {}, overrides });
  Journal.create(runFolder(config), JSON.stringify(config)).close();
  const lease = await takeLease({ servers: server.url, run, holder: "host", replicas: 1 });
  const connection = await connect({ servers: server.url });
  onTestFinished(() => connection.close());
  const bucket = await new Kvm(connection).open(leases.name);
  const holder = async (): Promise<string> => (await bucket.get(run))?.string() ?? "";
  return { config, lease, holder };
};

describe.skipIf(skipNats)(`a standby${natsNote}`, { timeout: 120_000 }, () => {
  test.each([-1, 0, 30, 150, 500, 1_500])(
    "that is stopped %i ms after it got the lease ends",
    async (pause) => {
      const { config, lease, holder } = await setting();
      const options = ["--runs", config.runsFolder, "--standby", "--no-page", "--no-preflight"];
      const standby = agora("resume", run, ...options, "--problems", "0");
      await standby.saying("Waiting for host");
      const released = lease?.release();
      if (pause >= 0) await until(async () => !/^(host\n|$)/.test(await holder()));
      await sleep(Math.max(0, pause));
      standby.child.kill("SIGINT");
      await released;
      const hasEnded = await Promise.race([standby.ended.then(() => true), sleep(15_000, false)]);
      expect([hasEnded, standby.said.err]).toEqual([true, expect.any(String)]);
      const free = until(async () => (await holder()) === "").then(() => true);
      expect(await Promise.race([free, sleep(1_000 * (leases.ttlSeconds + 2), false)])).toBe(true);
      const database = new DatabaseSync(join(runFolder(config), "run.db"));
      expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      database.close();
      Journal.open(runFolder(config)).close();
    },
  );
});
