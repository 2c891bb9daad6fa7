import { expect, test } from "vitest";
import { Rate } from "./rate.ts";

const counting = (rate: Rate, address: string, tries: number): number =>
  Array.from({ length: tries }, () => rate.admit(address)).filter(Boolean).length;

test("an address may make a burst of requests, then so many per second; others are not affected", () => {
  let now = 0;
  const rate = new Rate({ burst: 10, perSecond: 5, clock: () => now });
  expect(counting(rate, "a", 100)).toBe(10);
  now += 1_000;
  expect(counting(rate, "a", 100)).toBe(5);
  expect(counting(rate, "b", 100)).toBe(10);
  now += 60_000;
  expect(counting(rate, "a", 100)).toBe(10);
});

test("it remembers a bounded number of addresses", () => {
  const rate = new Rate({ burst: 1, perSecond: 0, clock: () => 0 });
  expect(rate.admit("first")).toBe(true);
  expect(rate.admit("first")).toBe(false);
  for (let index = 0; index < 10_000; index += 1) rate.admit(String(index));
  expect(rate.admit("first")).toBe(true);
  expect(rate.admit("9999")).toBe(false);
});
