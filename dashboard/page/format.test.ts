import { describe, expect, test } from "vitest";
import { count, decimal, duration, percent, plural, rate, sinceStart, versioned } from "./format.ts";

describe("format", () => {
  test("shows a missing value as a dash", () => {
    expect([count(undefined), percent(null), percent(Number.NaN), decimal(undefined)]).toEqual([
      "–",
      "–",
      "–",
      "–",
    ]);
  });

  test("writes durations in a suitable unit", () => {
    expect([0.25, 3.21, 42, 75, 3725].map(duration)).toEqual([
      "250 ms",
      "3.2 s",
      "42 s",
      "1 min 15 s",
      "1 h 2 min",
    ]);
    expect([0.9996, 9.96, 59.6, 119.7, 3599.8, 7199.9].map(duration)).toEqual([
      "1.0 s",
      "10 s",
      "1 min 0 s",
      "2 min 0 s",
      "1 h 0 min",
      "2 h 0 min",
    ]);
    expect([0, 65, 3600 + 61].map(sinceStart)).toEqual(["0:00", "1:05", "1:01:01"]);
  });

  test("shows one decimal of a small rate", () => {
    expect([0, 3.14, 12.6, 5000].map(rate)).toEqual(["0", "3.1", "13", "5,000"]);
  });

  test("distinguishes the base model from its adapter versions", () => {
    expect([versioned("wren", 0), versioned("wren", 3)]).toEqual(["wren (base)", "wren@v3"]);
    expect([plural(1, "event"), plural(1200, "event")]).toEqual(["1 event", "1,200 events"]);
  });
});
