import { describe, expect, test } from "vitest";
import type { Dossier, MessageOf, Verdict } from "../../runtime/messages.ts";
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

const order = ({ strictness }: Standing): string[] => strictestFirst(members, strictness);

describe("who is asked first", () => {
  test("refuses most often, and among equals comes first by name", () => {
    const verdicts = [
      ["ant", "accept"],
      ["bee", "refuse"],
      ["cat", "refuse"],
    ] as const;
    expect(order(after(20, { verdicts }))).toEqual(["bee", "cat", "ant"]);
    expect(order(unknownStanding)).toEqual(members);
  });

  test("refuses for the fewest tokens", () => {
    const verdicts = [
      ["ant", "refuse", 300],
      ["bee", "refuse", 200],
      ["cat", "refuse", 100],
    ] as const;
    expect(order(after(20, { verdicts }))).toEqual(["cat", "bee", "ant"]);
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
    expect(order(known)).toEqual(["bee", "cat", "ant"]);
  });

  test("count where an audit had asked all at once, and where nobody is asked first", () => {
    const verifiersOf = ({ strictness }: Standing) => [...strictness.keys()];
    expect(verifiersOf(after(1, { ...late, audited: true }, unknownStanding, 1))).toEqual(["ant", "bee"]);
    expect(verifiersOf(after(1, late))).toEqual(["ant", "bee"]);
    const { verdicts } = late;
    expect(verifiersOf(after(1, { verdicts }))).toEqual(["ant", "bee"]);
  });
});

test("who has been heard little comes before who is known to refuse about as often", () => {
  const known = after(40, { verdicts: [["ant", "refuse"]] }, after(60, { verdicts: [["ant", "accept"]] }));
  const doubtful = after(
    1,
    { verdicts: [["bee", "refuse"]] },
    after(2, { verdicts: [["bee", "accept"]] }, known),
  );
  expect(order(doubtful).indexOf("bee")).toBeLessThan(order(doubtful).indexOf("ant"));
});

test("ratings are those after the last question, and nothing else changes a standing", () => {
  const ratings = { ant: { mu: 30, sigma: 2 } };
  const known = foldStanding(unknownStanding, { ...settled({ verdicts: [] }), ratings });
  expect(known.ratings).toEqual(ratings);
  const left = { type: "agent.left", agent: "ant", reason: "gone", from: "ant", at: 0 } as const;
  expect(foldStanding(known, left)).toBe(known);
});
