/** A standby takes over from a host that dies, or only stalls: what the stalled one does afterwards changes nothing. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { durableKey } from "../../runtime/messages.ts";
import { ofType } from "./society.fixture.ts";

const fixture = fileURLToPath(new URL("./standby.fixture.ts", import.meta.url));
const guestFixture = fileURLToPath(new URL("./guest.fixture.ts", import.meta.url));

const started = (given: readonly string[]) => {
  const child = spawn(process.execPath, given);
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said.text += text;
    });
  return { child, said, ended: once(child, "exit") };
};

const setting = async (...remote: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), "agora-standby-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startNatsServer(["-js", "-sd", "jetstream"]);
  onTestFinished(() => server.stop());
  const start = (mode: "run" | "resume") => started([fixture, folder, server.url, mode, ...remote]);
  const guestOf = (agent: string) => started([guestFixture, server.url, agent, "", '{"run":"leased"}']);
  const records = () => {
    const journal = JournalReader.openReadOnly(join(folder, "leased"));
    try {
      return Array.from(journal.records(), ({ message }) => message);
    } finally {
      journal.close();
    }
  };
  return { folder, start, guestOf, records };
};

/** A process that stands still in the middle of a transaction keeps others from the journal: another moment is chosen. */
const stall = async (child: ChildProcess, folder: string): Promise<void> => {
  for (;;) {
    child.kill("SIGSTOP");
    await sleep(20);
    if (isFree(folder)) return;
    child.kill("SIGCONT");
    await sleep(5);
  }
};

const isFree = (folder: string): boolean => {
  const database = new DatabaseSync(join(folder, "leased", "run.db"));
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
};

const ending =
  /failed: (JournalError: another process has taken over|(LeaseError|TermError): another process hosts)/;

describe.skipIf(skipNats)(`a standby${natsNote}`, { timeout: 120_000 }, () => {
  test.each(["SIGKILL", "SIGSTOP"] as const)("goes on with the run of a host after %s", async (signal) => {
    const { folder, start, records } = await setting();
    const host = start("run");
    await until(() => host.said.text.includes("hosts"));
    const standby = start("resume");
    await until(() => ofType(records(), "question.settled").length > 4);
    expect(standby.said.text).toBe("");
    await (signal === "SIGSTOP" ? stall(host.child, folder) : host.child.kill(signal));
    await until(() => standby.said.text.includes("hosts"));
    const before = ofType(records(), "question.settled").length;
    await until(() => ofType(records(), "question.settled").length > before + 4);
    if (signal === "SIGSTOP") {
      host.child.kill("SIGCONT");
      await host.ended;
      expect(host.said.text).toMatch(ending);
      const after = ofType(records(), "question.settled").length;
      await until(() => ofType(records(), "question.settled").length > after + 4);
    }
    standby.child.kill("SIGTERM");
    await standby.ended;
    expect(standby.said.text).toBe("hosts\nstopped\n");
    const all = records();
    const keys = all.flatMap((record) => durableKey(record) ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    const rounds = ofType(all, "round.closed").map(({ round }) => round);
    expect(rounds).toEqual(rounds.map((_, index) => index));
  });

  test("is heard by guests, and the stalled host that it replaced is not", async () => {
    const { folder, start, guestOf, records } = await setting("c");
    const settledWith = (agent: string) =>
      ofType(records(), "question.settled").filter(({ dossier }) =>
        dossier.solutions.some(({ author }) => author === agent),
      ).length;
    const host = start("run");
    const guest = guestOf("c");
    await until(() => host.said.text.includes("hosts"));
    await until(() => settledWith("c") > 2);
    const standby = start("resume");
    await stall(host.child, folder);
    await until(() => standby.said.text.includes("hosts"));
    const before = settledWith("c");
    await until(() => settledWith("c") > before);
    const entered = guest.said.text;
    host.child.kill("SIGCONT");
    await host.ended;
    expect(host.said.text).toMatch(ending);
    const since = () => guest.said.text.slice(entered.length);
    const after = settledWith("c");
    await until(() => settledWith("c") > after + 2);
    // What the old host says would send the guest out of the run.
    expect(since()).not.toMatch(/the host has (ended|started again)/);
    // It may end before it says anything; terms are tested in replaced.test.ts.
    const refusals = since().match(/^Refused: \S+ speaks for a host that was replaced\.$/gm) ?? [];
    expect(refusals.length).toBeLessThanOrEqual(1);
    guest.child.kill("SIGINT");
    await guest.ended;
    standby.child.kill("SIGTERM");
    await standby.ended;
    expect(standby.said.text).toBe("hosts\nstopped\n");
  });

  test("that stalls too is not replaced by the host before it", async () => {
    const { folder, start, records } = await setting();
    const settledSoFar = () => ofType(records(), "question.settled").length;
    const host = start("run");
    await until(() => host.said.text.includes("hosts"));
    const standby = start("resume");
    await until(() => settledSoFar() > 2);
    await stall(host.child, folder);
    await until(() => standby.said.text.includes("hosts"));
    const before = settledSoFar();
    await until(() => settledSoFar() > before + 2);
    await stall(standby.child, folder);
    // Longer than its lease.
    await sleep(3_000);
    host.child.kill("SIGCONT");
    await host.ended;
    expect(host.said.text).toMatch(ending);
    standby.child.kill("SIGCONT");
    const after = settledSoFar();
    await until(() => settledSoFar() > after + 2);
    standby.child.kill("SIGTERM");
    await standby.ended;
    expect(standby.said.text).toBe("hosts\nstopped\n");
  });
});
