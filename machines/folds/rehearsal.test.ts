import { describe, expect, test } from "vitest";
import type { Dossier, Verdict } from "../../runtime/messages.ts";
import { dossierOf, group, settings, solutionOf } from "../machines.fixture.ts";
import { chosenFrom, emptyRehearsal, namedIn, type Rehearsal, withSettledTexts } from "./rehearsal.ts";

const sizes = { ...settings, bufferThreshold: 8, rehearsalShare: 0.6 };
const heard = (...dossiers: readonly Dossier[]): Rehearsal =>
  dossiers.reduce((rehearsal, dossier) => withSettledTexts(rehearsal, dossier, sizes), emptyRehearsal);
const idsOf = ({ accept, refuse, ballot, explanation }: Rehearsal): string[] =>
  [...accept, ...refuse, ...ballot, ...explanation].map(({ id }) => id);

const right = solutionOf("ant");
const wrong = solutionOf("bee", { answer: "5" });
const judged = (solutionId: string, verifier: string, verdict: Verdict["verdict"]): Verdict => ({
  ...{ solutionId: `q/${solutionId}`, verifier, adapter: 2, verdict, text: `${verifier} on ${solutionId}` },
});
const dossierWith = (more: Partial<Dossier>): Dossier =>
  dossierOf({ solutions: [right, wrong], round: 3, ...more });

describe("verdicts", () => {
  test("verdicts that accept a verified solution are rehearsed as their verifier was asked", () => {
    const { accept } = heard(
      dossierWith({ verdicts: [judged("ant", "cat", "accept")], verified: ["q/ant"] }),
    );
    expect(accept).toEqual([
      {
        ...{ id: "verdict:q/ant:cat", round: 3, author: "cat", adapter: 2 },
        example: {
          ...{ role: "verifier", question: "q", text: "2+2", solution: "by ant", response: "cat on ant" },
        },
      },
    ]);
  });

  test("verdicts that accept an unverified solution are not", () => {
    const overruled = [judged("bee", "cat", "accept"), judged("bee", "ant", "refuse")];
    expect(idsOf(heard(dossierWith({ verdicts: overruled })))).toEqual([]);
  });

  test.each([
    ["a lone refusal", [judged("bee", "ant", "refuse")], [], 0],
    ["a lone refusal of the verified answer", [judged("bee", "ant", "refuse")], ["q/cat"], 0],
    [
      "a refusal that another peer shares",
      [judged("bee", "ant", "refuse"), judged("bee", "cat", "refuse")],
      [],
      1,
    ],
    ["a refusal where another answer was verified", [judged("bee", "cat", "refuse")], ["q/ant"], 1],
    [
      "a refusal that a peer contradicts",
      [judged("bee", "ant", "refuse"), judged("bee", "cat", "accept")],
      ["q/ant"],
      0,
    ],
    ["an abstention", [judged("bee", "ant", "abstain")], ["q/ant"], 0],
  ])("%s", (_, verdicts, verified, count) => {
    const same = solutionOf("cat", { answer: "5" });
    const { refuse } = heard(dossierWith({ solutions: [right, wrong, same], verdicts, verified }));
    expect(refuse).toHaveLength(count);
  });
});

/** How often the parts of a dossier of `size` members, of whom all are verified, are looked at. */
const readsOf = (size: number): number => {
  let reads = 0;
  const seen = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, key, self) => {
        reads += 1;
        return Reflect.get(target, key, self);
      },
    });
  const members = Array.from({ length: size }, (_, index) => `m${index}`);
  heard(
    dossierWith({
      solutions: members.map((member) => seen(solutionOf(member))),
      verdicts: members.map((member) => seen(judged(member, "cat", "accept"))),
      verified: members.map((member) => `q/${member}`),
    }),
  );
  return reads;
};

test("a group of four times the size takes about four times the work", () => {
  expect(readsOf(400) / readsOf(100)).toBeLessThan(5);
});

describe("ballots and explanations", () => {
  const pair = "q/ant|q/bee";
  const cast = (voter: string, choice: string, shownFirst: string) => ({
    ...{
      pair,
      voter,
      adapter: 0,
      choice: `q/${choice}`,
      shownFirst: `q/${shownFirst}`,
      text: `${voter} votes`,
    },
  });
  const won = { verified: ["q/ant", "q/bee"], winner: "q/ant" };
  const duel = { first: "q/ant", second: "q/bee" };

  test("a ballot for the duel's winner is rehearsed in the order in which it was shown", () => {
    const ballots = [cast("ant", "bee", "ant"), cast("cat", "ant", "bee")];
    const { ballot } = heard(dossierWith({ ...won, ballots, duels: [{ ...duel, outcome: "first" }] }));
    expect(ballot).toMatchObject([
      {
        ...{ id: `ballot:${pair}:cat`, author: "cat" },
        example: { role: "voter", first: "by bee", second: "by ant", response: "cat votes" },
      },
    ]);
  });

  test("a draw is not rehearsed", () => {
    const ballots = [cast("ant", "bee", "ant"), cast("cat", "ant", "bee")];
    const drawn = heard(dossierWith({ ...won, ballots, duels: [{ ...duel, outcome: "draw" }] }));
    expect(drawn.ballot).toEqual([]);
  });

  test("only the winner's explanation is rehearsed", () => {
    const explained = (author: string) => ({
      explanation: { solutionId: `q/${author}`, author, adapter: 1, text: "by head" },
    });
    const { explanation } = heard(dossierWith({ ...won, ...explained("ant") }));
    expect(explanation).toMatchObject([
      {
        id: "explanation:q",
        author: "ant",
        example: { role: "explainer", solution: "by ant", response: "by head" },
      },
    ]);
    expect(idsOf(heard(dossierWith({ ...won, ...explained("bee") })))).toEqual([]);
  });
});

/** Both kinds of verdict in each question of a run, and an explanation. */
const busy = (index: number, refusals = true): Dossier => {
  const question = `q${index}`;
  const solutions = ["ant", "bee"].map((author, place) =>
    solutionOf(author, { solutionId: `${question}/${author}`, answer: `${place}` }),
  );
  const verdict = (author: string, verifier: string, said: Verdict["verdict"]): Verdict => ({
    ...judged("", verifier, said),
    solutionId: `${question}/${author}`,
  });
  return dossierOf({
    ...{ question, solutions, verified: [`${question}/ant`], winner: `${question}/ant` },
    verdicts: [
      ...group.slice(1).map((verifier) => verdict("ant", verifier, "accept")),
      ...(refusals ? [verdict("bee", "cat", "refuse")] : []),
    ],
    explanation: { solutionId: `${question}/ant`, author: "ant", adapter: 0, text: "so" },
  });
};
const run = (count: number, refusals = true) =>
  Array.from({ length: count }, (_, index) => busy(index, refusals));

describe("what a job rehearses", () => {
  const ids = (rehearsal: Rehearsal, more = {}) =>
    chosenFrom(rehearsal, { ...sizes, ...more }).map(({ id }) => id);

  test("has its configured share, newest first, with equally many acceptances and refusals", () => {
    const chosen = chosenFrom(heard(...run(40)), sizes);
    expect(chosen).toHaveLength(12);
    const said = chosen.flatMap(({ example }) => (example.role === "verifier" ? example.solution : []));
    expect(said.filter((solution) => solution === "by ant")).toHaveLength(3);
    expect(said.filter((solution) => solution === "by bee")).toHaveLength(3);
    expect(chosen.filter(({ example }) => example.role === "explainer")).toHaveLength(6);
    expect(chosen[0]?.id).toMatch(/^verdict:q39\//);
  });

  test("has no more acceptances than refusals, unless there are no refusals", () => {
    const scarce = heard(...run(40, false), busy(40));
    const verdicts = (rehearsal: Rehearsal) => ids(rehearsal).filter((id) => id.startsWith("verdict:"));
    expect(verdicts(scarce)).toHaveLength(2);
    expect(verdicts(heard(...run(40, false)))).toHaveLength(6);
  });

  test("is empty if the share is 0: nothing is kept", () => {
    const none = { ...sizes, rehearsalShare: 0 };
    const kept = run(5).reduce(
      (rehearsal, dossier) => withSettledTexts(rehearsal, dossier, none),
      emptyRehearsal,
    );
    expect(idsOf(kept)).toEqual([]);
    expect(ids(kept, none)).toEqual([]);
  });

  test("is found by its ids while newer texts arrive, of which a limited number is kept", () => {
    const rehearsal = heard(...run(40));
    const chosen = ids(rehearsal);
    const later = run(52)
      .slice(40)
      .reduce((kept, dossier) => withSettledTexts(kept, dossier, sizes), rehearsal);
    expect(namedIn(later, chosen).map(({ id }) => id)).toEqual(chosen);
    expect(namedIn(later, ["verdict:unknown"])).toEqual([]);
    for (const texts of Object.values(heard(...run(200)))) expect(texts.length).toBeLessThanOrEqual(24);
  });
});
