/** Faulty endpoints in whole societies over HTTP: the run continues, or stops with one clear cause. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import type { FixtureReply, FixtureRequest, ModelFixture } from "../../runtime/model/model-server.fixture.ts";
import { openLog } from "../terminal/log.ts";
import { type EnglishSociety, englishSociety, type Member, troublesIn } from "./english-society.fixture.ts";
import { runFolder } from "./host.ts";
import { ofType, type PartsOptions, playWith } from "./society.fixture.ts";
import { type Role, startSumsServer } from "./sums-server.fixture.ts";

const faults: readonly (readonly [string, FixtureReply])[] = [
  ["answers 500", { fail: 500 }],
  ["answers 429", { fail: 429, headers: { "Retry-After": "0" } }],
  ["answers 401", { fail: 401 }],
  ["sends a page of HTML", { body: "<html>502 Bad Gateway</html>" }],
  ["sends no choices", { body: '{"choices": []}' }],
  ["says nothing", { text: "" }],
  ["says garbage", { text: "\u0000\ufffd{{{ \\boxed{ Verdict:" }],
  ["never answers", { hang: true }],
  ["breaks off half-way", { text: "half", breaksOff: true }],
  ["hangs up", { text: "", hangUp: true }],
];

const group = (gemma: Member = {}): Record<string, Member> => ({ llama: {}, gemma, qwen: {} });
const hasty = { callTimeoutSeconds: 0.4, phaseTimeoutSeconds: 8, absentAfter: 3 } as const;

const play = async (
  society: EnglishSociety,
  options: PartsOptions<Awaited<ReturnType<EnglishSociety["parts"]>>> = {},
) => playWith(society.config, await society.parts(), options);

const endedIn = (records: readonly Message[]): number =>
  ofType(records, "question.settled").length + ofType(records, "question.voided").length;

describe.each(faults)("an endpoint that %s", (_, fault) => {
  test("at times loses at most that answer", async () => {
    let requests = 0;
    const instead = () => (++requests % 4 === 0 ? fault : undefined);
    const society = await englishSociety(group({ instead }), hasty);
    const { end, records, heard } = await play(society);
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect([troublesIn(records), endedIn(records), ofType(heard, "agent.failed")]).toEqual([[], 6, []]);
    expect(ofType(records, "question.settled").some(({ dossier }) => dossier.verified.length > 0)).toBe(true);
  });

  test("always does not affect the other members", async () => {
    const society = await englishSociety(group({ instead: () => fault }), { ...hasty, rounds: 3 });
    const { end, records } = await play(society);
    expect(end).toEqual({ outcome: "finished", reason: "3 rounds played" });
    expect([troublesIn(records), endedIn(records)]).toEqual([[], 9]);
    const [lapsed] = ofType(records, "agent.lapsed");
    expect(lapsed?.agent).toBe("gemma");
    expect(lapsed?.cause).not.toBe("");
    const last = ofType(records, "question.settled").at(-1)?.dossier;
    expect(last?.group).toEqual(["llama", "qwen"]);
    expect(last?.verified).toHaveLength(2);
  });
});

/** Stops a member's server, and starts it again at the same address. */
const outage = (society: EnglishSociety, names: readonly string[]) => {
  const again: ModelFixture[] = [];
  onTestFinished(() => Promise.all(again.map((server) => server.stop())).then(() => {}));
  return {
    begin: () => Promise.all(names.map((name) => society.servers[name]?.stop())),
    end: async () => {
      for (const [index, name] of names.entries()) {
        const port = Number(new URL(society.servers[name]?.endpoint ?? "").port);
        again.push(await startSumsServer({ port, model: name, seed: 10_000 + 1000 * index }));
      }
    },
  };
};

/** Makes rounds long enough for an event during them. */
const slowly = (_: FixtureRequest, role: Role): FixtureReply | undefined =>
  role === "explainer" ? { text: "I added.", delaySeconds: 0.15 } : undefined;

const leisurely = { llama: { instead: slowly }, gemma: { instead: slowly }, qwen: { instead: slowly } };

describe("a server that dies", () => {
  test("mid-round and comes back: its member is absent meanwhile", async () => {
    const society = await englishSociety(
      { llama: { instead: slowly }, gemma: {}, qwen: { instead: slowly } },
      { ...hasty, rounds: 14 },
    );
    const { begin, end: comeBack } = outage(society, ["gemma"]);
    let stage: "before" | "down" | "back" = "before";
    const { end, records } = await play(society, {
      onMessage: (message) => {
        if (stage === "before" && message.type === "solution.offered") {
          stage = "down";
          void begin();
        }
        if (stage === "down" && message.type === "question.settled" && message.dossier.group.length === 2) {
          stage = "back";
          void comeBack();
        }
      },
    });
    expect(end).toEqual({ outcome: "finished", reason: "14 rounds played" });
    expect([troublesIn(records), endedIn(records)]).toEqual([[], 42]);
    expect(ofType(records, "agent.lapsed")[0]).toMatchObject({
      agent: "gemma",
      cause: expect.stringMatching(/no connection/),
    });
    expect(ofType(records, "agent.recovered")).toMatchObject([{ agent: "gemma" }]);
    const groups = ofType(records, "question.settled").map(({ dossier }) => dossier.group.length);
    expect(groups).toContain(2);
    expect(groups.at(-1)).toBe(3);
  });

  test("with all others: the run waits for them and continues", async () => {
    const society = await englishSociety(leisurely, { ...hasty, rounds: 8 });
    const all = ["llama", "gemma", "qwen"];
    const { begin, end: comeBack } = outage(society, all);
    let [settled, lapsed] = [0, 0];
    const { end, records } = await play(society, {
      onMessage: ({ type }) => {
        if (type === "question.settled" && ++settled === 1) void begin();
        // With two of three members absent no round can open: the run pauses.
        if (type === "agent.lapsed" && ++lapsed === 2) void sleep(300).then(comeBack);
      },
    });
    expect(end).toEqual({ outcome: "finished", reason: "8 rounds played" });
    expect([troublesIn(records), endedIn(records)]).toEqual([[], 24]);
    expect(lapsed).toBeGreaterThan(1);
    expect(ofType(records, "agent.recovered").length).toBeGreaterThan(0);
  });

  test("permanently with all others: the run stops with one cause, and can be resumed", async () => {
    const society = await englishSociety(leisurely, {
      ...{ callTimeoutSeconds: 1, phaseTimeoutSeconds: 1, absentAfter: 2, callAttempts: 1 },
      ...{ rounds: 8, bufferThreshold: 2, lora: true },
    });
    const all = ["llama", "gemma", "qwen"];
    const { begin, end: comeBack } = outage(society, all);
    let seen = false;
    const { end, records } = await play(society, {
      onMessage: ({ type }) => {
        if (type !== "question.settled" || seen) return;
        seen = true;
        void begin();
      },
    });
    expect(end.outcome).toBe("failed");
    expect(String(end.outcome === "failed" && end.cause)).toMatch(
      /agent supervisor failed: only [01] of 3 members answer: \w+: \w+ at http.*no connection.*; expected at least 2 that answer/,
    );
    expect(troublesIn(records)).toEqual([]);
    await expect(society.parts()).rejects.toMatchObject({ code: "model.unreachable" });
    await comeBack();
    const resumed = await play(society, { resume: true });
    expect(resumed.end).toEqual({ outcome: "finished", reason: "8 rounds played" });
    expect([troublesIn(resumed.records), endedIn(resumed.records)]).toEqual([[], 24]);
    expect(resumed.records.slice(0, records.length)).toEqual(records);
  });
});

describe("a key", () => {
  const canary = "sk-canary-0123456789";

  test("is sent to its endpoint and appears nowhere else", async () => {
    process.env.AGORA_TEST_KEY = canary;
    onTestFinished(() => void delete process.env.AGORA_TEST_KEY);
    let requests = 0;
    const leaks: readonly FixtureReply[] = [
      { body: `{"error": "bad key ${canary}"}` },
      { text: `Your key is ${canary}. \\boxed{1}` },
      { text: `The key ${canary} is fine.\nVerdict: correct` },
      { fail: 401, headers: { "x-key": canary } },
    ];
    const instead = () => leaks[requests++ % leaks.length];
    const declared = { apiKeyEnv: "AGORA_TEST_KEY" };
    const society = await englishSociety(
      { llama: { declared }, gemma: { instead, declared }, qwen: { declared } },
      hasty,
      { AGORA_TEST_KEY: canary },
    );
    const lines: string[] = [];
    const log = openLog(runFolder(society.config), {
      level: "trace",
      stream: { write: (line) => void lines.push(line) },
    });
    const { end, heard, records, troubles } = await play(society, {
      onMessage: (message) => log.info({ message }),
    });
    expect(end.outcome).toBe("finished");
    expect(society.servers.gemma?.authorisations).toContain(`Bearer ${canary}`);
    expect(JSON.stringify(records)).toContain("[key]");
    const folder = runFolder(society.config);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(files.length).toBeGreaterThan(0);
    for (const text of [...files, ...lines, ...troubles, JSON.stringify([heard, records, end])])
      expect(text.includes(canary)).toBe(false);
  });
});
