/** Taking over from a host that is stalled in the middle of a transaction. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Journal } from "../../runtime/journal/journal.ts";
import { openJournal } from "./open-journal.ts";
import { runFolder } from "./run-folder.ts";
import { societyConfig } from "./society.fixture.ts";

/** A run whose last host holds a transaction open until `goOn`. */
const stalled = () => {
  const config = societyConfig();
  const folder = runFolder(config);
  Journal.create(folder).close();
  const database = new DatabaseSync(join(folder, "run.db"));
  database.exec("BEGIN IMMEDIATE");
  onTestFinished(() => database.close());
  return { config, goOn: () => database.exec("COMMIT") };
};

const soon = (): Promise<void> => sleep(700);

test("waits until the transaction is over, and says so once", async () => {
  const { config, goOn } = stalled();
  const said: string[] = [];
  const onLocked = ({ code }: { readonly code: string }) => void said.push(code);
  let isOpen = false;
  const opening = openJournal({ config, resume: true, takeOver: true, onLocked }).then((journal) => {
    isOpen = true;
    return journal;
  });
  await soon();
  expect([isOpen, said]).toEqual([false, ["AGORA_JOURNAL_LOCKED"]]);
  goOn();
  (await opening).close();
  expect(said).toHaveLength(1);
});

test("the wait ends with its signal, and with the lease", async () => {
  const { config } = stalled();
  const stopping = new AbortController();
  const lost = Promise.withResolvers<Error>();
  const openings = Promise.allSettled([
    openJournal({ config, resume: true, takeOver: true, signal: stopping.signal }),
    openJournal({ config, resume: true, takeOver: true, lost: lost.promise }),
  ]);
  await soon();
  stopping.abort();
  lost.resolve(new Error("another process hosts it"));
  const reasons = (await openings).map((end) => end.status === "rejected" && end.reason.message);
  expect(reasons).toEqual([
    expect.stringContaining("another process is writing"),
    "another process hosts it",
  ]);
});
