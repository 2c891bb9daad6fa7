import { describe, expect, test } from "vitest";
import { lookOf } from "./look.ts";

describe("looks", () => {
  test("of neighbours differ in colour and marker, and 24 looks all differ", () => {
    const looks = Array.from({ length: 24 }, (_, index) => lookOf(index));
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(24);
    for (const [index, look] of looks.entries()) {
      const next = looks[index + 1];
      if (next === undefined) continue;
      expect([look.token === next.token, look.marker === next.marker]).toEqual([false, false]);
    }
  });
});
