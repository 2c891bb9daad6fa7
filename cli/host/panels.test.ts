import { describe, expect, test } from "vitest";
import { firstVerifiersOf, isAudited, panelOf, votersOf } from "../../machines/folds/panel.ts";
import type { ConfigInput } from "../../runtime/config/config-keys.ts";
import type { Dossier } from "../../runtime/messages.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import { ofType, type Played, play, sayingOf, societyConfig } from "./society.fixture.ts";

const names = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"];

const eight = (overrides: ConfigInput): ConfigInput => ({
  models: names.map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" })),
  ...{ rounds: 2, questionsPerRound: 4, lora: false, externalAnchor: false },
  ...overrides,
});

const dossiersOf = ({ records }: Played): Dossier[] =>
  ofType(records, "question.settled").map(({ dossier }) => dossier);

const callsOf = ({ heard }: Played, role: string): number =>
  ofType(heard, "call.metered")
    .filter((metered) => metered.role === role)
    .reduce((sum, { calls }) => sum + calls, 0);

/** Refuses everything. */
const refusing: Script = { verifier: () => "none" };

describe("a society of eight with panels", () => {
  test("has each solution verified by its panel, and the scheduled pairs voted on by the voters", async () => {
    const config = societyConfig(eight({ verifiers: 3, voters: 3, duels: 8, auditShare: 0 }));
    const played = await play(config);
    const dossiers = dossiersOf(played);
    expect([played.end.outcome, dossiers.length, played.troubles]).toEqual(["finished", 8, []]);
    for (const dossier of dossiers) {
      expect(dossier.verified).toHaveLength(8);
      for (const solution of dossier.solutions) {
        const given = dossier.verdicts.filter(({ solutionId }) => solutionId === solution.solutionId);
        const panel = panelOf(dossier, solution, config);
        expect(given.map(({ verifier }) => verifier).toSorted()).toEqual(panel.toSorted());
      }
      expect(dossier.voters).toEqual(votersOf(dossier, config));
      expect([dossier.pairs?.length, dossier.ballots.length, dossier.duels.length]).toEqual([8, 24, 8]);
    }
    expect([callsOf(played, "solver"), callsOf(played, "verifier")]).toEqual([64, 192]);
    expect(callsOf(played, "voter")).toBe(192);
  });

  test("first verifiers spare calls where they refuse, and come to stand first", async () => {
    const config = societyConfig(
      eight({ verifiers: 3, firstVerifiers: 1, auditShare: 0, qualityVote: false, rounds: 3 }),
    );
    const played = await play(config, { scripts: { hen: refusing } });
    expect(played.end.outcome).toBe("finished");
    const dossiers = dossiersOf(played);
    const last = dossiers.filter(({ round }) => round === 2);
    expect(last.map(({ group }) => group[0])).toEqual(["hen", "hen", "hen", "hen"]);
    for (const dossier of last) {
      for (const solution of dossier.solutions) {
        const [first] = firstVerifiersOf(dossier, solution, config);
        const given = dossier.verdicts.filter(({ solutionId }) => solutionId === solution.solutionId);
        expect(given).toHaveLength(first === "hen" ? 1 : 3);
      }
    }
    expect(ofType(played.heard, "verdict.requested").length).toBeGreaterThan(0);
  });

  test("an audited solution has all verdicts, whoever refuses", async () => {
    const config = societyConfig(eight({ verifiers: 3, auditShare: 0.5, qualityVote: false }));
    const dossiers = dossiersOf(await play(config, { scripts: { hen: refusing } }));
    const all = dossiers.flatMap((dossier) => dossier.solutions.map((solution) => ({ dossier, solution })));
    const audited = all.filter(({ solution }) => solution.audited);
    expect(audited).toEqual(all.filter(({ dossier, solution }) => isAudited(dossier, solution, config)));
    expect([audited.length > 0, audited.length < all.length]).toEqual([true, true]);
    for (const { dossier, solution } of audited) {
      const { solutionId, author } = solution;
      expect(dossier.verdicts.filter((verdict) => verdict.solutionId === solutionId)).toHaveLength(7);
      expect(dossier.verified.includes(solutionId)).toBe(author === "hen");
    }
  });
});

test("a resumed run draws the panels that the seed says", async () => {
  const config = societyConfig(eight({ verifiers: 2, voters: 2, auditShare: 0 }));
  const { said, onMessage } = sayingOf(({ type }) => type === "question.settled");
  const stopped = await play(config, { onMessage, during: (run) => said.then(() => run.stop()) });
  expect([stopped.end.outcome, dossiersOf(stopped).length > 0]).toEqual(["stopped", true]);
  const resumed = await play(config, { resume: true });
  expect([resumed.end.outcome, dossiersOf(resumed).length]).toEqual(["finished", 8]);
  for (const dossier of dossiersOf(resumed)) {
    const panels = dossier.solutions.map((solution) => panelOf(dossier, solution, config));
    expect(dossier.solutions.map(({ verifiers }) => verifiers)).toEqual(panels);
  }
});
