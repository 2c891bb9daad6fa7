/** A voter's pairs are asked one by one: what it makes of one is nothing to the others. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pairsOf } from "../../machines/folds/dossier.ts";
import { abstention, type Vote } from "../../machines/work.ts";
import { loadPack } from "../../prompts/pack.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import { scriptedModel } from "../../runtime/model/scripted.ts";
import type { Tools } from "../agent.ts";
import { doWork } from "../attempts.ts";
import { ServedModel } from "../serving/served-model.ts";
import { vote } from "./voter.ts";

const solutions = { "q/ant": "by ant", "q/bee": "by bee", "q/cat": "by cat", "q/dog": "by dog" };
const pairs = pairsOf({ verified: Object.keys(solutions) });
const work: Vote = { kind: "vote", id: "vote:q", question: "q", text: "2+2", pairs, solutions };

/** What the voter `ant` casts in two attempts, and the calls it makes. */
const votes = async (reply: (call: ModelCall) => string, seed = 1) => {
  const calls: ModelCall[] = [];
  const script = {
    voter: (call: ModelCall) => {
      calls.push(call);
      return reply(call);
    },
  };
  const models = ["ant", "bee"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
  const tools = {
    name: "ant",
    config: loadConfig({ env: {}, overrides: { preset: "paper", models, seed } }),
    pack: loadPack(join(import.meta.dirname, "../../prompts/pocket")),
    models: new Map([["ant", new ServedModel(scriptedModel({ name: "ant", script }), "runs/none")]]),
  } as unknown as Tools;
  const ended = await doWork(
    { work, attempts: 2, timeoutSeconds: 10 },
    {
      perform: (attempt, signal) => vote(tools, attempt.work as Vote, attempt, signal),
      abstain: (piece, cause) => abstention(piece, "ant", 0, cause),
    },
    new AbortController().signal,
  );
  const drafts = ended.outcome === "done" ? ended.drafts : [];
  const ballots = drafts.flatMap((draft) => (draft.type === "ballot.cast" ? draft.ballots : []));
  return { calls, ended, ballots };
};

const isAbout = (first: string, second: string, { prompt }: ModelCall): boolean =>
  [first, second].every((author) => prompt.includes(`by ${author}`));

describe("a voter on six pairs", () => {
  test("chooses in each, and each call has a seed of its own", async () => {
    const { calls, ballots } = await votes(() => "first");
    expect(ballots.map(({ pair }) => pair)).toEqual(pairs.map(({ pair }) => pair));
    for (const { choice, shownFirst } of ballots) expect(choice).toBe(shownFirst);
    expect(new Set(calls.map(({ seed }) => seed)).size).toBe(6);
  });

  test("sees them in one order of the solutions, which is drawn", async () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const voters = await Promise.all(seeds.map((seed) => votes(() => "first", seed)));
    for (const { ballots } of voters) {
      const timesFirst = Map.groupBy(ballots, ({ shownFirst }) => shownFirst).values();
      expect([...timesFirst].map(({ length }) => length).toSorted()).toEqual([1, 2, 3]);
    }
    for (const { pair, first } of pairs) {
      const shown = voters.flatMap(({ ballots }) => ballots.filter((ballot) => ballot.pair === pair));
      const times = shown.filter(({ shownFirst }) => shownFirst === first).length;
      expect(times).toBeGreaterThan(8);
      expect(times).toBeLessThan(32);
    }
  });

  test("asks again with another seed where one cannot be read, and then abstains there alone", async () => {
    const { calls, ballots } = await votes((call) => (isAbout("bee", "dog", call) ? "hm" : "second"));
    const asked = calls.filter((call) => isAbout("bee", "dog", call));
    expect(calls).toHaveLength(7);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.prompt).toBe(asked[1]?.prompt);
    expect(asked[0]?.seed).not.toBe(asked[1]?.seed);
    const [blank, ...more] = ballots.filter(({ choice }) => choice === undefined);
    expect(blank).toEqual({
      pair: "q/bee|q/dog",
      voter: "ant",
      adapter: 0,
      text: expect.stringContaining("hm"),
    });
    expect(more).toEqual([]);
    expect(new Set(ballots.map(({ pair }) => pair))).toEqual(new Set(pairs.map(({ pair }) => pair)));
  });

  test("votes where the other seed brings a reply that can be read", async () => {
    let unread = 1;
    const { calls, ballots } = await votes(() => (unread-- > 0 ? "hm" : "first"));
    expect(calls).toHaveLength(7);
    expect(ballots.filter(({ choice }) => choice !== undefined)).toHaveLength(6);
  });

  test("has failed where none can be read", async () => {
    const { ended } = await votes(() => "hm");
    expect(ended).toMatchObject({ outcome: "failed", cause: expect.stringContaining("cannot be read") });
  });
});
