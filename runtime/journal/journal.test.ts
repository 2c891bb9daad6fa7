import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { arbitraryMessage, sealed, settled } from "../messages.fixture.ts";
import { durableKey, type Message } from "../messages.ts";
import { packageVersion } from "../package-version.ts";
import { Journal } from "./journal.ts";
import { RunLock } from "./run-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-journal-"));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const code = (expected: string) => expect.objectContaining({ code: expected });
const left = (agent: string): Message => sealed({ type: "agent.left", agent, reason: "" });
const messagesOf = (journal: Pick<Journal, "records">): Message[] =>
  [...journal.records()].map(({ message }) => message);
const database = (): DatabaseSync => new DatabaseSync(join(folder, "run.db"));
/** Creates a journal; its folder as it was before each statement, as a kill at that moment leaves it. */
const copiesOfCreation = (of: string, to: string): string[] => {
  const copies: string[] = [];
  const { exec, prepare } = DatabaseSync.prototype;
  const keepCopy = (): void => {
    const copy = join(to, `${copies.length}`);
    cpSync(of, copy, { recursive: true });
    copies.push(copy);
  };
  vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, sql) {
    keepCopy();
    exec.call(this, sql);
  });
  vi.spyOn(DatabaseSync.prototype, "prepare").mockImplementation(function (this: DatabaseSync, sql) {
    keepCopy();
    return prepare.call(this, sql);
  });
  try {
    Journal.create(of).close();
  } finally {
    vi.restoreAllMocks();
  }
  return copies;
};
const holdsTables = (of: string): boolean => {
  using found = new DatabaseSync(join(of, "run.db"));
  return found.prepare("SELECT name FROM sqlite_schema").all().length > 0;
};

describe("a journal", () => {
  test("returns the appended messages in order, and the configuration's text", () => {
    const inner = join(folder, "deep", "run-1");
    const journal = Journal.create(inner, "rounds: 3\n");
    const messages = [left("a"), settled("q1"), left("b")];
    expect(journal.append(messages)).toEqual(messages);
    journal.close();
    const again = Journal.open(inner);
    expect(again.config).toBe("rounds: 3\n");
    expect(Math.abs(again.created - Date.now())).toBeLessThan(60_000);
    expect([...again.records()].map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(messagesOf(again)).toEqual(messages);
    expect([...again.records(2)].map(({ message }) => message)).toEqual([left("b")]);
    again.close();
  });

  test("returns any message unchanged", () => {
    const journal = Journal.create(folder);
    const kept: Message[] = [];
    fc.assert(
      fc.property(fc.array(arbitraryMessage, { maxLength: 5 }), (messages) => {
        kept.push(...journal.append(messages));
        const last = kept.length - messages.length;
        expect([...journal.records(Math.max(0, last))].map(({ message }) => message)).toEqual(
          kept.slice(Math.max(0, last)),
        );
      }),
      { numRuns: 50 },
    );
    expect(messagesOf(journal)).toEqual(kept);
    const keys = kept.map(durableKey).filter((key) => key !== undefined);
    expect(new Set(keys).size).toBe(keys.length);
    journal.close();
  });

  test("records a durable key once, within one transaction and after reopening", () => {
    const journal = Journal.create(folder);
    const other = { ...settled("q1"), at: 2_000 };
    expect(journal.append([settled("q1"), other, left("a"), left("a")])).toEqual([
      settled("q1"),
      left("a"),
      left("a"),
    ]);
    journal.close();
    const again = Journal.open(folder);
    expect(again.append([other, settled("q2")])).toEqual([settled("q2")]);
    expect(again.append([])).toEqual([]);
    expect(messagesOf(again)).toHaveLength(4);
    again.close();
  });

  test("reads more records than fit one page, while appending", () => {
    const journal = Journal.create(folder);
    journal.append(Array.from({ length: 1_100 }, (_, index) => left(String(index))));
    let seen = 0;
    for (const { seq } of journal.records()) {
      seen += 1;
      expect(seq).toBe(seen);
      if (seen === 700) journal.append([left("late")]);
    }
    expect(seen).toBe(1_101);
    journal.close();
  });

  test("`ownRecords` uses recent records and reads the others", () => {
    const journal = Journal.create(folder);
    const messages = [left("a"), settled("q1"), settled("q2"), left("b")];
    journal.append(messages);
    const asked: string[] = [];
    const takeRecent = (key: string): string | undefined => {
      asked.push(key);
      return key === "question:q1" ? "at hand" : undefined;
    };
    const own = [...journal.ownRecords(1, takeRecent, ({ type }) => type)];
    expect(own).toEqual([
      { seq: 2, record: "at hand" },
      { seq: 3, record: "question.settled" },
      { seq: 4, record: "agent.left" },
    ]);
    expect(asked).toEqual(["question:q1", "question:q2"]);
    journal.close();
  });

  test("a failed transaction records nothing and throws", () => {
    const journal = Journal.create(folder);
    const other = database();
    other.exec(
      "CREATE TRIGGER full BEFORE INSERT ON records WHEN new.sender = 'late' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    other.close();
    expect(() => journal.append([left("a"), { ...left("b"), from: "late" }])).toThrow(
      code("AGORA_JOURNAL_WRITE"),
    );
    expect(messagesOf(journal)).toEqual([]);
    expect(journal.append([left("c")])).toEqual([left("c")]);
    journal.close();
    expect(() => journal.append([left("d")])).toThrow(code("AGORA_JOURNAL_WRITE"));
  });

  test("other tools cannot change or delete a record", () => {
    const journal = Journal.create(folder);
    journal.append([left("a")]);
    journal.close();
    const other = database();
    expect(() => other.exec("DELETE FROM records")).toThrow("append-only");
    expect(() => other.exec("UPDATE records SET at = 0")).toThrow("append-only");
    other.close();
  });
});

describe("opening", () => {
  test("create refuses a folder that holds a run and names the fix", () => {
    Journal.create(folder).close();
    expect(() => Journal.create(folder)).toThrow(code("AGORA_JOURNAL_EXISTS"));
    expect(() => Journal.create(folder)).toThrow("agora resume");
  });

  test("create succeeds in a folder where an earlier creation was killed", () => {
    writeFileSync(join(folder, "run.db"), "");
    expect(() => Journal.open(folder)).toThrow(code("AGORA_JOURNAL_MISSING"));
    Journal.create(folder).close();
    Journal.open(folder).close();
  });

  test("open and openReadOnly refuse a missing run and create no file", () => {
    for (const open of [Journal.open, Journal.openReadOnly]) {
      expect(() => open(join(folder, "none"))).toThrow(code("AGORA_JOURNAL_MISSING"));
      expect(() => open(folder)).toThrow(code("AGORA_JOURNAL_MISSING"));
    }
    expect(existsSync(join(folder, "run.db"))).toBe(false);
  });

  test("a file that is not a database is reported as corrupt", () => {
    writeFileSync(
      join(folder, "run.db"),
      "no database, but long enough to be asked for its header ".repeat(50),
    );
    for (const open of [Journal.open, Journal.openReadOnly, Journal.create]) {
      expect(() => open(folder)).toThrow(code("AGORA_JOURNAL_CORRUPT"));
    }
  });

  test("the error for a path that cannot be opened names it", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => Journal.create(file)).toThrow(code("AGORA_JOURNAL_ACCESS"));
    expect(() => Journal.create(join(file, "run"))).toThrow(code("AGORA_JOURNAL_ACCESS"));
    mkdirSync(join(folder, "run.db"));
    for (const open of [Journal.open, Journal.openReadOnly, Journal.create]) {
      expect(() => open(folder)).toThrow(code("AGORA_JOURNAL_ACCESS"));
    }
  });

  test("a damaged page is found on opening", () => {
    const journal = Journal.create(folder);
    journal.append(
      Array.from({ length: 200 }, (_, index) =>
        sealed({ type: "agent.left", agent: `a${index}`, reason: "r".repeat(500) }),
      ),
    );
    journal.close();
    const file = join(folder, "run.db");
    const content = readFileSync(file);
    content.fill(0xff, content.length - 8192);
    writeFileSync(file, content);
    expect(() => Journal.open(folder)).toThrow(code("AGORA_JOURNAL_CORRUPT"));
  });

  test("the error for a record that is not a message names the record", () => {
    Journal.create(folder).close();
    const other = database();
    other.exec("INSERT INTO records (type, at, sender, body) VALUES ('x', 0, 'y', '{\"type\":\"x\"}')");
    other.close();
    const journal = Journal.open(folder);
    expect(() => messagesOf(journal)).toThrow("record 1");
    expect(() => messagesOf(journal)).toThrow(code("AGORA_JOURNAL_CORRUPT"));
    journal.close();
  });

  test.each([
    [
      "later",
      "UPDATE meta SET value = iif(key = 'format', '99', '9.1.0') WHERE key IN ('format', 'agora')",
      "9.1.0",
    ],
    [
      "first",
      "UPDATE meta SET value = '1' WHERE key = 'format'; DELETE FROM meta WHERE key = 'agora'",
      "0.1.0",
    ],
  ])("a journal of a %s format is refused, and the version that wrote it is named", (_, change, writer) => {
    Journal.create(folder).close();
    const other = database();
    other.exec(change);
    other.close();
    for (const open of [Journal.open, Journal.openReadOnly]) {
      expect(() => open(folder)).toThrow(code("AGORA_JOURNAL_FORMAT"));
      expect(() => open(folder)).toThrow(
        new RegExp(
          `run\\.db is a journal of format (1|99); expected format 2, which Agora ${packageVersion()} reads. ` +
            `Fix: open it with the version of Agora that wrote it, ${writer}.$`,
        ),
      );
    }
  });

  test("a creation killed before any of its statements leaves a journal with its format, or none", () => {
    const copies = copiesOfCreation(join(folder, "run"), join(folder, "copies"));
    const found = copies.map((copy) => {
      const isJournal = existsSync(join(copy, "run.db")) && holdsTables(copy);
      if (!isJournal) expect(() => Journal.open(copy)).toThrow(code("AGORA_JOURNAL_MISSING"));
      (isJournal ? Journal.open(copy) : Journal.create(copy)).close();
      Journal.openReadOnly(copy).close();
      return isJournal ? "journal" : "none";
    });
    expect(found.join(" ")).toMatch(/^(none ){5,}(journal ?){2,}$/);
  });

  test("a failed open releases the lock", () => {
    Journal.create(folder).close();
    expect(() => Journal.create(folder)).toThrow(code("AGORA_JOURNAL_EXISTS"));
    Journal.open(folder).close();
  });
});

describe("a second process", () => {
  test("a reader sees only complete transactions of a running writer, and cannot write", () => {
    const writer = Journal.create(folder, "text");
    const reader = Journal.openReadOnly(folder);
    let seen = 0;
    for (let group = 0; group < 20; group += 1) {
      writer.append([left("a"), left("b"), left("c")]);
      for (const { seq } of reader.records(seen)) seen = seq;
      expect(seen).toBe((group + 1) * 3);
    }
    expect(reader.config).toBe("text");
    expect("append" in reader).toBe(false);
    writer.close();
    expect([...reader.records()]).toHaveLength(60);
    reader.close();
  });

  test.skipIf(process.getuid?.() === 0)("a finished run opens from a folder without write permission", () => {
    const writer = Journal.create(folder);
    writer.append([left("a")]);
    writer.close();
    chmodSync(folder, 0o500);
    const reader = Journal.openReadOnly(folder);
    expect(messagesOf(reader)).toEqual([left("a")]);
    reader.close();
  });

  test("close moves all records into one file, even with an open reader", () => {
    const journal = Journal.create(folder);
    const reader = Journal.openReadOnly(folder);
    journal.append([left("a"), settled("q1")]);
    expect(messagesOf(reader)).toHaveLength(2);
    expect(RunLock.isHeld(folder)).toBe(true);
    journal.close();
    expect(RunLock.isHeld(folder)).toBe(false);
    const copy = join(folder, "copy");
    mkdirSync(copy);
    writeFileSync(join(copy, "run.db"), readFileSync(join(folder, "run.db")));
    reader.close();
    const copied = Journal.openReadOnly(copy);
    expect(messagesOf(copied)).toEqual([left("a"), settled("q1")]);
    copied.close();
    expect(RunLock.isHeld(copy)).toBe(false);
  });

  test("that takes over fences the first, whose transactions record nothing more", () => {
    const place = join(folder, "fenced");
    const first = Journal.create(place);
    first.append([sealed(left("ada"), "ada")]);
    expect(() => Journal.open(place)).toThrow(expect.objectContaining({ code: "AGORA_JOURNAL_LOCKED" }));
    const second = Journal.open(place, { takeOver: true });
    expect(() => first.append([sealed(left("bob"), "bob")])).toThrow(
      expect.objectContaining({ code: "AGORA_JOURNAL_FENCED" }),
    );
    expect(second.append([sealed(left("cyd"), "cyd")])).toHaveLength(1);
    const agents = Array.from(second.records(), ({ message }) => message.from);
    expect(agents).toEqual(["ada", "cyd"]);
    first.close();
    second.close();
  });

  test("whoever opens it has a higher term than all before, whatever the clocks say", () => {
    const clock = vi.spyOn(Date, "now");
    onTestFinished(() => clock.mockRestore());
    const terms = [1_000, 5_000, 5_000, 200, 9_000].map((now, index) => {
      clock.mockReturnValue(now);
      const journal = index === 0 ? Journal.create(folder) : Journal.open(folder);
      journal.close();
      return journal.term;
    });
    expect(terms).toEqual([1_000, 5_000, 5_001, 5_002, 9_000]);
  });

  test("a journal whose writer had a token goes on under a term", () => {
    Journal.create(folder).close();
    const file = database();
    file.exec("UPDATE meta SET value = '9a0c1b5e-41d4-4a6e-b1c3-5f0d8e2a7c11' WHERE key = 'writer'");
    file.close();
    const journal = Journal.open(folder);
    expect(journal.term).toBeGreaterThan(Date.UTC(2026));
    expect(journal.append([left("ada")])).toHaveLength(1);
    journal.close();
  });

  test("a second writer in the same process is refused until the first is closed", () => {
    const journal = Journal.create(folder);
    expect(() => Journal.open(folder)).toThrow(code("AGORA_JOURNAL_LOCKED"));
    expect(() => Journal.create(folder)).toThrow(code("AGORA_JOURNAL_LOCKED"));
    journal.close();
    Journal.open(folder).close();
  });

  test("after kill -9 the journal has every acknowledged transaction, no partial one, and no lock", async () => {
    let first = 0;
    for (let round = 0; round < 8; round += 1) {
      const script = join(import.meta.dirname, "journal-crash.fixture.ts");
      const child = spawn(process.execPath, [script, folder, String(first)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (chunk) => {
        printed += chunk;
      });
      const gone = new Promise((resolve) => child.once("exit", resolve));
      const spoke = new Promise((resolve) => child.stdout.once("data", resolve));
      await Promise.race([spoke, gone]);
      expect(() => Journal.open(folder)).toThrow(code("AGORA_JOURNAL_LOCKED"));
      await sleep(Math.random() * 60);
      child.kill("SIGKILL");
      await gone;
      const promised = Number(printed.trimEnd().split("\n").at(-1));
      const journal = Journal.open(folder);
      const records = messagesOf(journal);
      expect(records.length % 3).toBe(0);
      const groups = records.filter(({ type }) => type === "training.failed");
      expect(groups.map((each) => (each.type === "training.failed" ? each.job : ""))).toEqual(
        Array.from({ length: records.length / 3 }, (_, index) => `j${index}`),
      );
      expect(groups.length).toBeGreaterThan(promised);
      first = groups.length;
      journal.close();
    }
  });
});
