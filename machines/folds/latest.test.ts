import { expect, test } from "vitest";
import { latest } from "./latest.ts";

test("a result is found once for the same arguments, and anew for others", () => {
  let asked = 0;
  const sum = latest((numbers: readonly number[], more: number) => {
    asked += 1;
    return numbers.reduce((total, each) => total + each, more);
  });
  const numbers = [3, 4];
  expect([sum(numbers, 1), sum(numbers, 1), asked]).toEqual([8, 8, 1]);
  expect([sum(numbers, 2), sum([3, 4], 2), asked]).toEqual([9, 9, 3]);
  expect([sum(numbers, 1), asked]).toEqual([8, 4]);
});

test("a function that throws remembers nothing", () => {
  const strict = latest((value: number) => {
    if (value < 0) throw new Error("negative");
    return value;
  });
  expect(() => strict(-1)).toThrow("negative");
  expect(() => strict(-1)).toThrow("negative");
  expect(strict(1)).toBe(1);
});
