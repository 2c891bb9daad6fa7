import { describe, expect, test } from "vitest";
import { Dots, radiusOf, travel, unitOf } from "./dots.ts";
import { familyOf } from "./family.ts";
import type { Arrow } from "./ledger.ts";

const curve = { ax: 0, ay: 0, mx: 1, my: 1, bx: 2, by: 0 };
const arrow = (rate: number, fresh: number): Arrow => ({
  ...{ from: "ant", to: "bee", family: familyOf("verdict.given"), rate, fresh, types: new Map() },
});

describe("dots", () => {
  test("represent a power of ten of messages that keeps an arrow readable", () => {
    expect([1, 6, 7, 60, 61, 5000].map(unitOf)).toEqual([1, 1, 10, 10, 100, 1000]);
    expect(radiusOf(100)).toBeGreaterThan(radiusOf(10));
  });

  test("carry the rounding remainder of messages over to the next picture", () => {
    const dots = new Dots();
    for (let picture = 0; picture < 10; picture++) dots.send(arrow(50, 4), curve, 0, 250);
    expect(dots.all.length).toBe(4);
    expect(dots.all[0]?.radius).toBe(radiusOf(10));
  });

  test("are limited in number and removed on arrival", () => {
    const dots = new Dots();
    for (let picture = 0; picture < 1000; picture++) dots.send(arrow(5, 6), curve, 0, 250);
    expect(dots.all.length).toBeLessThanOrEqual(320);
    dots.expire(250 + travel);
    expect(dots.all).toEqual([]);
  });
});
