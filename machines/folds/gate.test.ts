import { describe, expect, test } from "vitest";
import type { Accuracy } from "../../runtime/messages.ts";
import { gateRefusal, lossOf } from "./gate.ts";

const bounds = { anchorTolerance: 0.005, gateLevel: 0.05 };
/** Marks from pieces of a mark and its number. */
const marked = (...pieces: readonly (readonly [mark: "0" | "1", count: number])[]): Accuracy => {
  const marks = pieces.map(([mark, count]) => mark.repeat(count)).join("");
  return { correct: marks.replaceAll("0", "").length, total: marks.length, marks };
};
const both = (accuracy: Accuracy) => ({ zeroShot: accuracy, eliteShot: accuracy });
const verdict = (before: Accuracy, after: Accuracy, more: Partial<typeof bounds> = {}) =>
  gateRefusal(both(before), both(after), { ...bounds, ...more });

describe("the gate", () => {
  test("accepts a loss of two problems of two hundred, though it is beyond the tolerance", () => {
    expect(verdict(marked(["1", 198], ["0", 2]), marked(["1", 196], ["0", 4]))).toBeUndefined();
    const unmarked = { correct: 196, total: 200 };
    expect(verdict({ correct: 198, total: 200 }, unmarked)).toBeUndefined();
  });

  test("refuses a loss beyond tolerance and chance, and names the numbers", () => {
    const before = marked(["1", 100], ["0", 100]);
    expect(verdict(before, marked(["0", 15], ["1", 90], ["0", 95]))).toBe(
      "zeroShot accuracy fell from 50.0 to 45.0 points (15 problems lost, 5 won, sign test p = 0.021)",
    );
    expect(verdict({ correct: 100, total: 200 }, { correct: 70, total: 200 })).toMatch(
      /^zeroShot accuracy fell from 50\.0 to 35\.0 points \(100 of 200 and 70 of 200 problems, Fisher's test p = 0\.0017/,
    );
  });

  test("finds in pairs a loss that totals hide", () => {
    const [before, after] = [marked(["1", 100], ["0", 100]), marked(["0", 6], ["1", 94], ["0", 100])];
    expect(verdict(before, after)).toContain("6 problems lost, 0 won");
    const { marks: _marks, ...unmarked } = after;
    expect(verdict(before, unmarked)).toBeUndefined();
  });

  test("accepts any loss within the tolerance", () => {
    const [before, after] = [marked(["1", 100], ["0", 100]), marked(["0", 6], ["1", 94], ["0", 100])];
    expect(verdict(before, after, { anchorTolerance: 0.03 })).toBeUndefined();
    expect(verdict(before, after, { gateLevel: 0.01 })).toBeUndefined();
  });

  test("judges each figure separately", () => {
    const [held, lost] = [marked(["1", 50], ["0", 50]), marked(["0", 100])];
    const before = both(held);
    const after = { zeroShot: held, eliteShot: lost };
    expect(gateRefusal(before, after, bounds)).toMatch(/^eliteShot accuracy fell from 50\.0 to 0\.0/);
    expect(lossOf("zeroShot", before, after, bounds)).toBeUndefined();
  });
});
