import { describe, expect, test } from "vitest";
import { curveBetween, distanceTo, placesIn, pointOn } from "./places.ts";

const agents = [
  ...Array.from({ length: 50 }, (_, index) => ({ name: `m${index}`, rank: "member" }) as const),
  ...["referee", "trainer"].map((name) => ({ name, rank: "institution" }) as const),
  ...["questions", "jobs", "readings"].map((name) => ({ name, rank: "crowd" }) as const),
];

describe("places", () => {
  test("puts every agent at a different place inside the picture", () => {
    const places = placesIn(900, 400, agents);
    expect(places.length).toBe(55);
    expect(new Set(places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)).size).toBe(55);
    for (const { x, y, size } of places) {
      expect(x).toBeGreaterThan(size);
      expect(x).toBeLessThan(900 - size);
      expect(y).toBeGreaterThan(size);
      expect(y).toBeLessThan(400 - size);
    }
  });

  test("puts a thousand members on several ellipses, without names", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ name: `m${index}`, rank: "member" }) as const);
    const places = placesIn(900, 400, many);
    expect(new Set(places.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`)).size).toBe(1000);
    expect(places.some(({ isLabelled }) => isLabelled)).toBe(false);
    expect(placesIn(900, 400, many.slice(0, 16)).every(({ isLabelled }) => isLabelled)).toBe(true);
  });

  test("bends the two directions between two agents apart", () => {
    const [a, b] = placesIn(900, 400, agents);
    if (a === undefined || b === undefined) throw new Error("no places");
    const [there, back] = [curveBetween(a, b), curveBetween(b, a)];
    expect(pointOn(there, 0)).toEqual([a.x, a.y]);
    expect(pointOn(there, 1)).toEqual([b.x, b.y]);
    expect(pointOn(there, 0.5)).not.toEqual(pointOn(back, 0.5));
    const [x, y] = pointOn(there, 0.5);
    expect(distanceTo(there, x, y)).toBeLessThan(1);
    expect(distanceTo(there, x + 100, y)).toBeGreaterThan(100);
  });
});
