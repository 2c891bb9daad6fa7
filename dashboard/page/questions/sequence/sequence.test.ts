import { describe, expect, test } from "vitest";
import { dossier } from "../../../../runtime/messages.fixture.ts";
import { labelIn } from "./label.ts";
import { lanesOf, rowsOf, rowText, rowTime } from "./rows.ts";
import { type Step, stepsOf } from "./steps.ts";

const told = (at: number, type: string, from: string, about: readonly string[] = []) => ({
  at,
  type,
  from,
  about,
});

describe("the steps of a question", () => {
  const known = dossier("q1");
  const [solution] = known.solutions;
  const [verdict] = known.verdicts;

  test("say who told whom what, and when", () => {
    const steps = stepsOf({
      dossier: known,
      told: [
        told(1000, "question.posed", "ada/q1"),
        told(1500, "solution.offered", solution?.author ?? "", [solution?.solutionId ?? ""]),
        told(1750, "verdict.given", verdict?.verifier ?? "", [verdict?.solutionId ?? ""]),
        told(1800, "a.message.of.others", "zoe"),
        told(2000, "question.settled", "umpire"),
      ],
    });
    expect(steps.map(({ seconds, from }) => [seconds, from])).toEqual([
      [0, "question"],
      [0.5, solution?.author],
      [0.75, verdict?.verifier],
      [1, "referee"],
    ]);
    expect(steps[0]?.to).toEqual(known.group);
    expect(steps[1]?.to).toEqual(["question", ...known.group.filter((name) => name !== solution?.author)]);
    expect(steps[1]?.text).toBe(`answers ${solution?.answer}`);
    expect(steps[2]).toMatchObject({ to: ["question"], text: expect.stringMatching(/^[✓✗?] \w+$/) });
  });

  test("come from the dossier where no times were recorded", () => {
    const steps = stepsOf({ dossier: known });
    expect(steps.every(({ seconds }) => seconds === undefined)).toBe(true);
    const count = (type: string) => steps.filter((step) => step.type === type).length;
    expect(count("solution.offered")).toBe(known.solutions.length);
    expect(count("verdict.given")).toBe(known.verdicts.length);
    expect(count("ballot.cast")).toBe(new Set(known.ballots.map(({ voter }) => voter)).size);
    expect(lanesOf(steps)).toEqual(["question", ...known.group, "referee"]);
    expect(stepsOf({})).toEqual([]);
  });
});

describe("the rows of a sequence diagram", () => {
  const verdicts = (count: number): Step[] =>
    Array.from({ length: count }, (_, index) => ({
      ...{ seconds: index / 10, type: "verdict.given", from: `m${index % 16}`, to: ["question"] },
      text: index % 4 === 0 ? "✗ ant" : "✓ ant, ✓ bee",
    }));
  const vote: Step = {
    seconds: 9,
    type: "ballot.opened",
    from: "question",
    to: ["m1"],
    text: "opens the vote",
  };

  test("are one for each message in a small group", () => {
    expect(rowsOf([...verdicts(6), vote], 6)).toHaveLength(7);
  });

  test("are shared in a large group, but not across phases", () => {
    const rows = rowsOf([...verdicts(20), vote, ...verdicts(2)], 18);
    expect(rows.map(({ type, steps }) => [type, steps.length])).toEqual([
      ["verdict.given", 8],
      ["verdict.given", 8],
      ["verdict.given", 4],
      ["ballot.opened", 1],
      ["verdict.given", 2],
    ]);
    const [first] = rows;
    if (first === undefined) throw new Error("no row");
    expect([rowText(first), rowTime(first)]).toEqual(["verdicts: 12 ✓, 2 ✗", "0.00–0.70 s"]);
  });
});

describe("the label of a row", () => {
  const place = { from: [400], left: 166, begin: 104, end: 800 };

  test("stands beside its sender, on the side of the line", () => {
    expect(labelIn(place, "✗ ant")).toEqual({ x: 392, anchor: "end", text: "✗ ant" });
    expect(labelIn({ ...place, from: [166] }, "closes")).toEqual({ x: 174, anchor: "start", text: "closes" });
    expect(labelIn({ ...place, from: [400, 600] }, "2 solutions")).toMatchObject({ x: 174, anchor: "start" });
  });

  test("covers neither the times nor what is beyond the lanes, however long a name is", () => {
    const name = "a-name-of-a-model-with-fifty-five-letters-or-about-that";
    expect(labelIn(place, `✓ ${name}`)).toEqual({ x: 174, anchor: "start", text: `✓ ${name}` });
    const { text } = labelIn(place, `✓ ${name}, ✗ ${name}`);
    expect(text).toHaveLength(89);
    expect(text.endsWith("…")).toBe(true);
  });
});
