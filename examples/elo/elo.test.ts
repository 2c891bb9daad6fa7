/** A custom rater rates a society, from a configuration file that names it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { raterOf } from "../../actors/rater.ts";
import { runFolder } from "../../cli/host/host.ts";
import { ofType, playWith, sayingOf } from "../../cli/host/society.fixture.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import { resultOf } from "../roman/roman.ts";
import { quotedIn, romanConfig, romanParts } from "../roman/society.fixture.ts";
import { rater } from "./elo.ts";

const configured = loadConfig({ file: join(import.meta.dirname, "elo.yaml"), env: {}, checkpoints: [] });

test("the winner gains what the loser loses, and more if the win was unexpected", () => {
  const [low, high] = [
    { mu: 1400, sigma: 32 },
    { mu: 1600, sigma: 32 },
  ];
  const [first, second] = rater.duel(rater.initial(), rater.initial(), "first");
  expect([first.mu, second.mu]).toEqual([1516, 1484]);
  expect(rater.duel(low, high, "first")[0].mu - low.mu).toBeCloseTo(24.3, 1);
  const [level, drawn] = rater.duel(low, high, "draw");
  expect(level.mu).toBeGreaterThan(low.mu);
  expect(level.mu + drawn.mu).toBeCloseTo(3000, 9);
  expect(rater.duel(low, high, "second")[0].mu).toBeLessThan(low.mu);
});

test("elo.yaml names it", async () => {
  expect(configured.rater).toBe(join(import.meta.dirname, "elo.ts"));
  expect((await raterOf(configured)).initial()).toEqual({ mu: 1500, sigma: 32 });
});

/** All members vote for ant, which shows its work. */
const voting: Script = {
  voter: (call) => `Choice: ${quotedIn(call, "second").startsWith("In full") ? "second" : "first"}`,
};
const scripts: Readonly<Record<string, Script>> = {
  ...{ bee: voting, cat: voting },
  ant: {
    ...voting,
    solver: (call: ModelCall) => `In full.\nAnswer: ${resultOf(quotedIn(call, "question"))}`,
  },
};

const ratingsIn = (records: readonly Message[]) =>
  ofType(records, "question.settled").map(({ ratings }) => [
    ratings.ant?.mu,
    ratings.bee?.mu,
    ratings.cat?.mu,
  ]);

/** As stored in the journal. */
const storedConfig = (config: Config): Config => {
  const journal = JournalReader.openReadOnly(runFolder(config));
  try {
    return loadConfig({ overrides: JSON.parse(journal.config), env: {} });
  } finally {
    journal.close();
  }
};

test("rates a society, also after a resume from the journal", async () => {
  const models = ["ant", "bee", "cat"].map((name) => ({
    ...{ name, model: name, endpoint: "http://127.0.0.1:9/v1", adapters: false },
  }));
  const config = romanConfig({ models, rater: configured.rater, externalAnchor: false, rounds: 3 });
  const settled = sayingOf(({ type }) => type === "question.settled");
  const { end: stopped } = await playWith(config, await romanParts(config, scripts), {
    onMessage: settled.onMessage,
    during: async (run) => {
      await settled.said;
      await run.stop();
    },
  });
  expect(stopped.outcome).toBe("stopped");

  const resumed = storedConfig(config);
  expect(resumed.rater).toBe(configured.rater);
  const { end, records } = await playWith(resumed, await romanParts(resumed, scripts), { resume: true });
  expect(end.outcome).toBe("finished");
  const ratings = ratingsIn(records);
  expect(ratings.length).toBeGreaterThanOrEqual(6);
  for (const [ant = 0, bee = 0, cat = 0] of ratings) expect(ant + bee + cat).toBeCloseTo(4500, 6);
  const ants = ratings.map(([ant = 0]) => ant);
  expect(ants).toEqual(ants.toSorted((left, right) => left - right));
  expect(ants.at(-1)).toBeGreaterThan(1600);
});
