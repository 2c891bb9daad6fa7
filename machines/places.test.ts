import { expect, test } from "vitest";
import { childIn, isAnyTaken, isTaken, type Places, withFreed, withTaken } from "./places.ts";

test("places are used again, so that few names serve many children", () => {
  let places: Places = [];
  const names = new Set<string>();
  for (let job = 0; job < 1_000; job += 1) {
    places = withTaken(places, `job ${job}`);
    names.add(childIn(places, `job ${job}`, "child"));
    if (job >= 2) places = withFreed(places, `job ${job - 2}`);
  }
  expect([...names]).toEqual(["child 1", "child 2", "child 3"]);
  expect([isTaken(places, "job 999"), isTaken(places, "job 997"), isAnyTaken(places)]).toEqual([
    true,
    false,
    true,
  ]);
  expect(isAnyTaken(withFreed(withFreed(places, "job 999"), "job 998"))).toBe(false);
});
