import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fisherTest, signTest } from "./evidence.ts";

describe("the sign test", () => {
  test.each([
    [0, 0, 1],
    [1, 0, 0.5],
    [4, 0, 0.0625],
    [5, 0, 0.03125],
    [9, 1, 0.0107421875],
    [8, 2, 0.0546875],
    [15, 5, 0.020694732666015625],
    [12, 2, 0.0064697265625],
  ])("%i lost, %i won", (lost, won, expected) => expect(signTest(lost, won)).toBeCloseTo(expected, 12));

  test("works for large samples, and gives 1 without a loss", () => {
    expect(signTest(0, 5_000)).toBe(1);
    expect(signTest(2_600, 2_400)).toBeCloseTo(0.00243, 4);
  });

  test("is exact: both tails overlap in one term only", () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.nat({ max: 60 }), (lost, won) => {
        expect(signTest(lost, won) + signTest(won + 1, lost - 1)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("Fisher's test", () => {
  const of = (correct: number, total: number) => ({ correct, total });

  test("gives the tea taster's probabilities", () => {
    // Eight cups, four with milk first: three of four guessed is 17/70, all four 1/70.
    expect(fisherTest(of(3, 4), of(1, 4))).toBeCloseTo(17 / 70, 12);
    expect(fisherTest(of(4, 4), of(0, 4))).toBeCloseTo(1 / 70, 12);
  });

  test("gives 1 without a loss, and for empty sets", () => {
    expect(fisherTest(of(5, 10), of(10, 10))).toBeCloseTo(1, 9);
    expect(fisherTest(of(0, 0), of(0, 0))).toBe(1);
  });

  test("compares sets of different sizes", () => {
    // C(5,0)·C(10,8)/C(15,8) = 45/6435.
    expect(fisherTest(of(8, 10), of(0, 5))).toBeCloseTo(45 / 6435, 12);
  });
});
