import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settings } from "../machines.fixture.ts";
import { learnPaces, type Paces, patienceOf } from "./patience.ts";

const patience = (paces: Paces, ...members: string[]) => patienceOf(paces, "solve", members, settings);

describe("patience", () => {
  test("is a multiple of the member's own longest time for the same kind of work", () => {
    expect(patience({ "ant/solve": 4, "ant/verify": 9, "bee/solve": 7 }, "ant")).toBe(12);
    expect(patience({ "ant/solve": 4, "bee/solve": 7 }, "ant", "bee")).toBe(21);
  });

  test("has a minimum, and the phase as its maximum", () => {
    expect(patience({ "ant/solve": 0.1 }, "ant")).toBe(5);
    expect(patience({ "ant/solve": 59 }, "ant")).toBe(60);
    expect(patience({}, "ant")).toBe(60);
    expect(patience({ "ant/solve": 1 }, "ant", "bee")).toBe(60);
  });
});

describe("a member's known time", () => {
  test("rises to a longer time immediately, and falls slowly with shorter ones", () => {
    expect(learnPaces({}, { "ant/solve": 4 })).toEqual({ "ant/solve": 4 });
    expect(learnPaces({ "ant/solve": 4 }, { "ant/solve": 9, "bee/vote": 1 })).toEqual({
      ...{ "ant/solve": 9, "bee/vote": 1 },
    });
    const calm = Array.from({ length: 64 }).reduce<Paces>((paces) => learnPaces(paces, { a: 1 }), { a: 100 });
    expect(calm.a).toBeLessThan(5);
    expect(calm.a).toBeGreaterThan(1);
  });

  test("lies between the shortest and the longest time", () => {
    const times = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, (seconds) => {
        const { a = -1 } = seconds.reduce<Paces>((paces, time) => learnPaces(paces, { a: time }), {});
        expect(a).toBeGreaterThanOrEqual(Math.min(...seconds) - 1e-6);
        expect(a).toBeLessThanOrEqual(Math.max(...seconds));
      }),
    );
  });
});
