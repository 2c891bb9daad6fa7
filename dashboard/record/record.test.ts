import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runFolder } from "../../cli/host/host.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import { sealed, settled } from "../../runtime/messages.fixture.ts";
import { Chronicle } from "./chronicle.ts";
import { factOf } from "./facts.ts";
import { feedFile, parseFeedLine } from "./feed.ts";
import { FeedReader } from "./feed-reader.ts";
import { judgeOf, knowsNothing } from "./judge.ts";
import { RecentFacts } from "./recent-facts.ts";
import { readStoredConfig, shownConfig } from "./stored-config.ts";

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-record-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const learnChart = () => "chart";
const sources = { judge: knowsNothing, learnChart };
const left = (agent: string, at: number) => sealed({ type: "agent.left", agent, reason: "" }, "tester", at);

describe("a fact", () => {
  test("keeps only the texts of the elite history, and the values computed from the others", () => {
    const message = settled("q1");
    const judge = judgeOf({ truth: () => "4", grade: ({ answer }, given) => answer === given });
    const fact = factOf(message, { judge, learnChart });
    if (fact.type !== "question.settled" || message.type !== "question.settled")
      throw new Error("no question");
    expect(fact.marks).toEqual({
      lengths: { "q1.ada": 8, "q1.bob": 1, "q1.cyd": 1 },
      right: { "q1.ada": true, "q1.bob": true, "q1.cyd": false },
    });
    const { dossier } = fact;
    expect(dossier.solutions.map(({ text }) => text)).toEqual(["7,14 → 4", "", ""]);
    expect(dossier.verdicts.map(({ text }) => text).join("")).toBe("");
    expect(dossier.ballots.map(({ text, choice }) => [text, choice !== undefined])).toEqual(
      Array(4).fill(["", true]),
    );
    expect(dossier.explanation).toEqual(message.dossier.explanation);
    expect({ ...fact, marks: undefined, dossier: undefined }).toEqual({
      ...message,
      marks: undefined,
      dossier: undefined,
    });
    expect(message.dossier.ballots).toHaveLength(4);
  });

  test("replaces a machine by its chart id", () => {
    const machine = { id: "ant" };
    const joined = sealed({ type: "agent.joined", agent: "ant", kind: "model", machine, member: true });
    const seen: unknown[] = [];
    const fact = factOf(joined, {
      judge: knowsNothing,
      learnChart: (definition) => {
        seen.push(definition);
        return "c1";
      },
    });
    expect(fact).toMatchObject({ type: "agent.joined", agent: "ant", chart: "c1" });
    expect(fact).not.toHaveProperty("machine");
    expect(seen).toEqual([machine]);
  });

  test("is judged with the rule by which its question is read", () => {
    const judge = judgeOf({ truth: () => "4", grade: () => true, rule: (text) => `${text} modulo 10` });
    expect(judge({ question: "q", text: "7+7", solutions: [] })).toMatchObject({ rule: "7+7 modulo 10" });
  });

  test("has no correctness without ground truth", () => {
    const judge = judgeOf({ truth: () => undefined, grade: () => true });
    expect(judge({ question: "q", text: "?", solutions: [] })).toEqual({ right: {} });
  });
});

describe("a chronicle", () => {
  test("reads a journal as it grows, each record once", async () => {
    const config = societyConfig();
    const journal = Journal.create(runFolder(config), JSON.stringify(config));
    onTestFinished(() => journal.close());
    journal.append([left("a", 10), settled("q1")]);
    const chronicle = Chronicle.open(runFolder(config), sources);
    onTestFinished(() => chronicle.close());
    expect(chronicle.facts).toEqual([]);
    await Promise.all([chronicle.read(), chronicle.read()]);
    expect(chronicle.facts.map(({ type }) => type)).toEqual(["agent.left", "question.settled"]);
    await chronicle.read();
    journal.append([left("b", 99_999_999_999_999)]);
    await chronicle.read();
    expect(chronicle.facts).toHaveLength(3);
    expect(chronicle.newestAt).toBe(99_999_999_999_999);
    expect(chronicle.find("q1")).toEqual(settled("q1"));
    expect(chronicle.find("q2")).toBeUndefined();
    expect([chronicle.run, chronicle.config.rounds]).toEqual(["test", config.rounds]);
  });

  test("has the messages about the newest questions, and all of them unless it passes", async () => {
    const config = societyConfig();
    Journal.create(runFolder(config), JSON.stringify(config)).close();
    const questions = Array.from({ length: 700 }, (_, index) => `q${index}`);
    for (const question of questions) {
      const told = { [question]: "5\tquestion.posed\tant" };
      appendFileSync(feedFile(runFolder(config)), `${JSON.stringify({ at: 5, told })}\n`);
    }
    const knownTo = async (isPassing: boolean): Promise<string[]> => {
      const chronicle = Chronicle.open(runFolder(config), { ...sources, isPassing });
      onTestFinished(() => chronicle.close());
      await chronicle.read();
      return questions.filter((question) => chronicle.toldAbout(question) !== undefined);
    };
    expect(await knownTo(true)).toEqual(questions.slice(200));
    expect(await knownTo(false)).toEqual(questions);
  });

  test("can be closed during a read", async () => {
    const config = societyConfig();
    const journal = Journal.create(runFolder(config), JSON.stringify(config));
    onTestFinished(() => journal.close());
    journal.append(Array.from({ length: 3000 }, (_, index) => settled(`q${index}`)));
    const chronicle = Chronicle.open(runFolder(config), sources);
    const reading = chronicle.read();
    await chronicle.close();
    await reading;
    expect(chronicle.facts.length).toBeLessThan(3000);
    await chronicle.read();
  });

  test("of a folder without a run throws", () => {
    expect(() => Chronicle.open(folderOf(), sources)).toThrow(
      expect.objectContaining({ code: "AGORA_JOURNAL_MISSING" }),
    );
  });
});

describe("recent facts", () => {
  test("are taken once and limited in number", () => {
    const recentFacts = new RecentFacts(sources);
    recentFacts.put(left("a", 1));
    recentFacts.put(settled("q1"));
    const fact = factOf(settled("q1"), sources);
    expect([recentFacts.take("question:q1"), recentFacts.take("question:q1")]).toEqual([fact, undefined]);
    for (let index = 0; index < 2001; index++) recentFacts.put(settled(`q${index}`));
    expect([recentFacts.take("question:q5"), recentFacts.take("question:q2000")]).toMatchObject([
      undefined,
      { dossier: { question: "q2000" } },
    ]);
    recentFacts.put(settled("q2"));
    recentFacts.clear();
    expect(recentFacts.take("question:q2")).toBeUndefined();
  });

  test("give the same chronicle as reading the journal", async () => {
    const config = societyConfig();
    const journal = Journal.create(runFolder(config), JSON.stringify(config));
    onTestFinished(() => journal.close());
    const recentFacts = new RecentFacts(sources);
    const own = Chronicle.open(runFolder(config), { ...sources, takeRecent: recentFacts.take });
    const other = Chronicle.open(runFolder(config), sources);
    onTestFinished(async () => void (await Promise.all([own.close(), other.close()])));
    for (const message of [left("a", 1), settled("q1"), settled("q2")]) {
      recentFacts.put(message);
      journal.append([message]);
      await Promise.all([own.read(), other.read()]);
    }
    expect(own.facts).toEqual(other.facts);
  });
});

describe("a feed", () => {
  const line = (at: number) => JSON.stringify({ at, states: { ant: ["solver.solving"] } });

  test("is read as it grows, without incomplete, invalid and empty lines", () => {
    const folder = folderOf();
    const reader = new FeedReader(folder);
    onTestFinished(() => reader.close());
    expect(reader.read()).toEqual([]);
    writeFileSync(feedFile(folder), `\n${line(1)}\n{"at":2,"states":{"an`);
    expect(reader.read().map(({ at }) => at)).toEqual([1]);
    expect(reader.read()).toEqual([]);
    // The first process was interrupted; the next one starts on a new line.
    appendFileSync(feedFile(folder), `\n${line(3)}\n"nonsense"\n{"at":"soon"}\n${line(4).slice(0, 9)}`);
    expect(reader.read().map(({ at }) => at)).toEqual([3]);
    appendFileSync(feedFile(folder), `${line(4).slice(9)}\n`);
    expect(reader.read()).toEqual([{ at: 4, states: { ant: ["solver.solving"] } }]);
  });

  test("with multi-byte characters is read correctly across chunks", () => {
    const folder = folderOf();
    const states = { агент: ["състояние"] };
    const text = Array.from({ length: 3000 }, (_, at) => `${JSON.stringify({ at, states })}\n`).join("");
    writeFileSync(feedFile(folder), text);
    const reader = new FeedReader(folder);
    onTestFinished(() => reader.close());
    const lines = reader.read();
    expect(lines).toHaveLength(3000);
    expect(lines.at(-1)).toEqual({ at: 2999, states });
  });

  test.each(["", "[]", "null", '{"at":1,"states":{"a":"b"}}', '{"at":1,"progress":[[1,"j"]]}', "{"])(
    "rejects the line %s",
    (text) => {
      expect(parseFeedLine(text)).toBeUndefined();
    },
  );
});

describe("a stored configuration", () => {
  test("is read without the keys of another version; an invalid key is named in the error", () => {
    const config = societyConfig();
    const stored = readStoredConfig(JSON.stringify({ ...config, futureKey: 1 }), "other");
    expect(stored).toEqual({ ...config, run: "other" });
    expect(() => readStoredConfig(JSON.stringify({ ...config, rounds: "many" }), "other")).toThrow(
      expect.objectContaining({ code: "AGORA_STORED_CONFIG", message: expect.stringContaining("rounds") }),
    );
    expect(readStoredConfig("", "bare").rounds).toBe(100);
    expect(readStoredConfig("", "a copy.bak").run).toBe("a copy.bak");
  });

  test("is shown without the credentials in its addresses", () => {
    const [model] = societyConfig().models;
    if (model === undefined) throw new Error("no model");
    const config = {
      ...societyConfig(),
      nats: "nats://me:hush@10.0.0.1:4222,nats://me:hush@10.0.0.2:4222",
      models: [{ ...model, endpoint: "https://me:hush@models.example/v1", apiKeyEnv: "SOME_KEY" }],
    };
    const text = JSON.stringify(shownConfig(config));
    expect(text).not.toContain("hush");
    expect(text).toContain("https://models.example/v1");
    expect(text).toContain("nats://10.0.0.1:4222,nats://10.0.0.2:4222");
  });
});
