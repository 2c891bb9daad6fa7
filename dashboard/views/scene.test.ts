import { describe, expect, test } from "vitest";
import type { Admission, Dossier, Solution, Verdict } from "../../runtime/messages.ts";
import { sceneOf } from "./scene.ts";

const solution = (author: string, answer: string): Solution => ({
  ...{ solutionId: `q/${author}`, author, adapter: 1, text: `steps ans ${answer}`, answer },
  ...{ examples: "", exemplars: [] },
});
const verdict = (verifier: string, author: string, given: Verdict["verdict"]): Verdict => ({
  ...{ solutionId: `q/${author}`, verifier, adapter: 1, verdict: given, text: `${verifier} says ${given}` },
});
const group = ["ant", "bee", "cat"];
const dossier = (change: Partial<Dossier> = {}): Dossier => ({
  ...{ question: "q", round: 3, author: "bee", adapter: 0, difficulty: 2, text: "7*8", group },
  ...{ solutions: [], withheld: [], verdicts: [], verified: [], ballots: [], duels: [], openedAt: 0 },
  ...change,
});
const sources = {
  judge: ({ solutions }: Pick<Dossier, "solutions">) => ({
    ...{ truth: "6", rule: "last digit" },
    right: Object.fromEntries(solutions.map(({ solutionId, answer }) => [solutionId, answer === "6"])),
  }),
  objection: (text: string) => (text.includes("refuse") ? "7*8 is 6, not 5" : undefined),
};

const settled = dossier({
  solutions: [solution("cat", "6"), solution("ant", "5"), solution("bee", "6")],
  verdicts: [
    verdict("ant", "cat", "accept"),
    verdict("bee", "cat", "accept"),
    verdict("bee", "ant", "refuse"),
    verdict("ant", "bee", "accept"),
    verdict("cat", "bee", "accept"),
  ],
  verified: ["q/cat", "q/bee"],
  ballots: [{ pair: "p", voter: "ant", adapter: 1, choice: "q/bee", text: "second" }],
  winner: "q/bee",
});
const admissions: Admission[] = [
  { solutionId: "q/bee", author: "bee", admitted: true, reason: "verified and above the mean" },
  { solutionId: "q/cat", author: "cat", admitted: false, reason: "not above the mean" },
  { solutionId: "q/ant", author: "ant", admitted: false, reason: "not verified" },
];

describe("the scene of a question", () => {
  test("that was just posed: everybody thinks", () => {
    const scene = sceneOf({ dossier: dossier() }, sources);
    expect(scene).toMatchObject({
      author: "bee",
      text: "7*8",
      rule: "last digit",
      truth: "6",
      stage: "solving",
    });
    expect(scene.speeches.map(({ author, text }) => [author, text])).toEqual(
      group.map((one) => [one, undefined]),
    );
  });

  test("under way: a solution waits for its checks until all peers agree or one refuses", () => {
    const verdicts = [verdict("ant", "cat", "accept")];
    const waiting = sceneOf({ dossier: dossier({ solutions: [solution("cat", "6")], verdicts }) }, sources);
    expect(waiting.stage).toBe("checking");
    expect(waiting.speeches[2]).toMatchObject({ check: "waiting", agreed: 1, asked: 2 });
    const agreed = [...verdicts, verdict("bee", "cat", "accept")];
    const accepted = sceneOf(
      { dossier: dossier({ solutions: [solution("cat", "6")], verdicts: agreed }) },
      sources,
    );
    expect(accepted.speeches[2]?.check).toBe("agreed");
  });

  test("that has ended: in the order of the names, with the reason, the votes, the winner and what is kept", () => {
    const scene = sceneOf({ dossier: settled, admissions, seconds: 1.5 }, sources);
    expect(scene).toMatchObject({ stage: "settled", seconds: 1.5, votes: 1 });
    const [ant, bee, cat] = scene.speeches;
    expect(ant).toMatchObject({
      ...{ author: "ant", check: "refused", right: false, isWinner: false, kept: "not verified" },
      refusal: { verifier: "bee", reason: "7*8 is 6, not 5" },
    });
    expect(ant).not.toHaveProperty("votes");
    expect(bee).toMatchObject({ check: "agreed", right: true, votes: 1, isWinner: true, kept: "kept" });
    expect(cat).toMatchObject({ check: "agreed", votes: 0, isWinner: false, kept: "not above the mean" });
  });

  test("a refusal without words of the task shows the start of its text", () => {
    const scene = sceneOf({ dossier: settled, admissions }, { ...sources, objection: undefined });
    expect(scene.speeches[0]?.refusal?.reason).toBe("bee says refuse");
  });

  test("of a large group: four speeches with the winner and a refused one; the others are counted", () => {
    const names = Array.from({ length: 16 }, (_, index) => `m${String(index).padStart(2, "0")}`);
    const solutions = names.map((name) => solution(name, name === "m15" ? "6" : "5"));
    const verdicts = names.slice(0, 15).map((name) => verdict("m15", name, "refuse"));
    const large = dossier({ group: names, solutions, verdicts, verified: ["q/m15"], winner: "q/m15" });
    const { speeches, others } = sceneOf({ dossier: large, admissions: [] }, sources);
    expect(speeches).toHaveLength(4);
    expect(speeches.map(({ author }) => author)).toContain("m15");
    expect(others).toEqual({ members: 12, answered: 12, refused: 12 });
  });

  test("texts of any length are shortened", () => {
    const long = { ...solution("ant", "6"), text: "x".repeat(10_000) };
    const scene = sceneOf({ dossier: dossier({ text: "y".repeat(10_000), solutions: [long] }) }, sources);
    expect(JSON.stringify(scene).length).toBeLessThan(4000);
  });
});
