import { describe, expect, test } from "vitest";
import type { Dossier, MessageOf, Verdict } from "../../runtime/messages.ts";
import { chanceOf, normalOf } from "../random.ts";
import { foldStanding, type Standing, strictestFirst, unknownStanding } from "./standing.ts";

const members = ["ant", "bee", "cat"];

interface Seen {
  readonly verdicts: readonly (readonly [verifier: string, verdict: Verdict["verdict"], tokens?: number])[];
  /** Those who were asked, in that order; undefined: the group. */
  readonly verifiers?: readonly string[];
  readonly audited?: boolean;
}

/** A settled question with one solution, by dog. */
const settled = ({ verdicts, verifiers, audited }: Seen): MessageOf<"question.settled"> => {
  const solution = {
    solutionId: "s",
    author: "dog",
    adapter: 0,
    text: "",
    answer: "",
    examples: "",
    exemplars: [],
  };
  const dossier: Dossier = {
    ...{ question: "q", round: 1, author: "dog", adapter: 0, difficulty: 1, text: "q", openedAt: 0 },
    ...{ group: [...members, "dog"], withheld: [], verified: [], ballots: [], duels: [] },
    solutions: [
      {
        ...solution,
        ...(verifiers === undefined ? {} : { verifiers: [...verifiers] }),
        ...(audited === undefined ? {} : { audited }),
      },
    ],
    verdicts: verdicts.map(([verifier, verdict, tokens = 100]) => ({
      ...{ solutionId: "s", verifier, adapter: 0, verdict, text: "" },
      tokens: { prompt: 0, completion: tokens },
    })),
  };
  return { type: "question.settled", dossier, ratings: {}, admissions: [], from: "referee", at: 0 };
};

const after = (times: number, seen: Seen, known: Standing = unknownStanding, first?: number): Standing =>
  Array.from({ length: times }, () => settled(seen)).reduce(
    (standing, message) => foldStanding(standing, message, first),
    known,
  );

/** For a question. */
const orderFor = (question: number, { strictness }: Standing): string[] =>
  strictestFirst(members, strictness, (member) => normalOf("standing.test", question, member));

const questions = Array.from({ length: 300 }, (_, question) => question);

/** In how many of 300 questions each member is asked first. */
const firsts = (known: Standing): Readonly<Record<string, number>> => {
  const first = questions.map((question) => orderFor(question, known)[0]);
  return Object.fromEntries(members.map((member) => [member, first.filter((one) => one === member).length]));
};

describe("who is asked first", () => {
  test("refuses most often; equals take turns, and so do those who have not been heard", () => {
    const verdicts = [
      ["ant", "accept"],
      ["bee", "refuse"],
      ["cat", "refuse"],
    ] as const;
    const known = after(20, { verdicts });
    const { ant, bee, cat } = firsts(known);
    expect(ant).toBe(0);
    expect(Math.min(bee ?? 0, cat ?? 0)).toBeGreaterThan(100);
    expect(questions.every((question) => orderFor(question, known).at(-1) === "ant")).toBe(true);
    expect(Math.min(...Object.values(firsts(unknownStanding)))).toBeGreaterThan(75);
  });

  test("refuses for the fewest tokens", () => {
    const verdicts = [
      ["ant", "refuse", 300],
      ["bee", "refuse", 200],
      ["cat", "refuse", 100],
    ] as const;
    const known = after(20, { verdicts });
    for (const question of questions) expect(orderFor(question, known)).toEqual(["cat", "bee", "ant"]);
  });

  test("is not who refuses least although it abstains often: abstentions say nothing", () => {
    const known = after(20, {
      verdicts: [
        ["ant", "accept"],
        ["bee", "refuse"],
        ["cat", "abstain"],
      ],
    });
    expect(known.strictness.get("cat")).toBeUndefined();
  });
});

describe("verdicts on what others have accepted", () => {
  const late: Seen = {
    verifiers: ["ant", "bee", "cat"],
    verdicts: [
      ["ant", "accept"],
      ["bee", "accept"],
    ],
  };

  test("say nothing of how strict a verifier is", () => {
    const known = after(50, late, unknownStanding, 1);
    expect([...known.strictness.keys()]).toEqual(["ant"]);
    const { ant = 0, bee, cat } = firsts(known);
    expect(ant).toBeLessThan(Math.min(bee ?? 0, cat ?? 0));
  });

  test("count where an audit had asked all at once, and where nobody is asked first", () => {
    const verifiersOf = ({ strictness }: Standing) => [...strictness.keys()];
    expect(verifiersOf(after(1, { ...late, audited: true }, unknownStanding, 1))).toEqual(["ant", "bee"]);
    expect(verifiersOf(after(1, late))).toEqual(["ant", "bee"]);
    const { verdicts } = late;
    expect(verifiersOf(after(1, { verdicts }))).toEqual(["ant", "bee"]);
  });
});

test("who has been heard little comes before who refuses less at times, and the more rarely the more is heard", () => {
  const heard = (times: number): Standing =>
    after(
      times,
      {
        verdicts: [
          ["bee", "refuse"],
          ["bee", "accept"],
          ["bee", "accept"],
          ["bee", "accept"],
        ],
      },
      after(50, {
        verdicts: [
          ["ant", "refuse"],
          ["ant", "accept"],
          ["cat", "accept"],
          ["cat", "accept"],
        ],
      }),
    );
  const [little = 0, more = 0, much = 0] = [1, 5, 50].map((times) => firsts(heard(times)).bee);
  expect(little).toBeGreaterThan(15);
  expect(more).toBeLessThan(little);
  expect(much).toBe(0);
});

test("a verifier that refuses most is found among many within a few rounds, and nearly always asked first", () => {
  const group = Array.from({ length: 16 }, (_, place) => `m${place}`);
  let known = unknownStanding;
  const firstIn = (question: number): string =>
    strictestFirst(group, known.strictness, (member) => normalOf("found", question, member))[0] ?? "";
  for (let round = 0; round < 20; round += 1) {
    const asked = Array.from({ length: 16 }, (_, place) => firstIn(16 * round + place));
    const saying = (verifier: string, place: number) =>
      chanceOf("says", round, place) < (verifier === "m9" ? 0.8 : 0.2) ? "refuse" : "accept";
    known = asked
      .map((verifier, place) =>
        settled({ verifiers: [verifier], verdicts: [[verifier, saying(verifier, place)]] }),
      )
      .reduce((before, message) => foldStanding(before, message), known);
  }
  const last = questions.map((question) => firstIn(10_000 + question));
  expect(last.filter((verifier) => verifier === "m9").length).toBeGreaterThan(270);
});

test("ratings are those after the last question, and nothing else changes a standing", () => {
  const ratings = { ant: { mu: 30, sigma: 2 } };
  const known = foldStanding(unknownStanding, { ...settled({ verdicts: [] }), ratings });
  expect(known.ratings).toEqual(ratings);
  const left = { type: "agent.left", agent: "ant", reason: "gone", from: "ant", at: 0 } as const;
  expect(foldStanding(known, left)).toBe(known);
});
