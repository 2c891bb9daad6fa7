import { expect, test } from "vitest";
import { grouping } from "./grouping.ts";

test("groups are in the order of the list, and found once per list", () => {
  let asked = 0;
  const byParity = grouping((item: number) => {
    asked += 1;
    return item % 2;
  });
  const items = [3, 4, 5, 3];
  const groups = byParity(items);
  expect([...groups]).toEqual([
    [1, [3, 5, 3]],
    [0, [4]],
  ]);
  expect(byParity(items)).toBe(groups);
  expect(asked).toBe(4);
  expect(byParity([...items, 6]).get(0)).toEqual([4, 6]);
  expect([...byParity([])]).toEqual([]);
});
