import { expect, test } from "vitest";
import { Curves } from "./curves.ts";

const filled = (count: number, isThinned: boolean, groups = 1): Curves<number> => {
  const curves = new Curves<number>(isThinned, 100);
  for (let point = 0; point < count; point += 1) curves.add(point, `group ${point % groups}`);
  return curves;
};

test("keeps all points up to the maximum, and without one", () => {
  const all = (count: number) => Array.from({ length: count }, (_, point) => point);
  expect(filled(100, true).points()).toEqual(all(100));
  expect(filled(10_000, false).points()).toEqual(all(10_000));
});

test.each([1_000, 98_765])(
  "of %i points it keeps the first and the newest ones, evenly in between",
  (count) => {
    const curves = filled(count, true);
    const points = curves.points();
    expect(curves.all).toBe(count);
    expect(curves.kept).toBe(points.length);
    expect(points.length).toBeLessThanOrEqual(100);
    expect(points.length).toBeGreaterThanOrEqual(25);
    expect([points[0], points.at(-1)]).toEqual([0, count - 1]);
    const gaps = points.slice(1).map((point, index) => point - (points[index] ?? 0));
    // Older points are as far apart as each other, the newest ones lie close together.
    expect(gaps).toEqual(gaps.toSorted((left, right) => right - left));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(count / 25);
  },
);

test("keeps points of every group, however regularly they take turns", () => {
  const points = filled(50_000, true, 8).points();
  expect(points.length).toBeLessThanOrEqual(100);
  const byGroup = Map.groupBy(points, (point) => point % 8);
  expect([...byGroup.values()].map((own) => own.length >= 2)).toEqual(Array(8).fill(true));
});

test("keeps two points of each of very many groups", () => {
  const curves = filled(10_000, true, 500);
  expect(curves.kept).toBeLessThanOrEqual(2 * 1_000);
  expect(new Set(curves.points().map((point) => point % 500)).size).toBe(500);
});

test("changes the newest point that matches", () => {
  const curves = filled(10, true);
  expect(
    curves.change(
      (point) => point < 5,
      (point) => -point,
    ),
  ).toBe(true);
  expect(
    curves.change(
      (point) => point > 50,
      (point) => -point,
    ),
  ).toBe(false);
  expect(curves.points()).toEqual([0, 1, 2, 3, -4, 5, 6, 7, 8, 9]);
});
