import { describe, expect, test } from "vitest";
import { formatRoute, momentOf, parseRoute } from "./route.ts";

describe("route", () => {
  test("opens the society page for an empty or invalid address", () => {
    expect(parseRoute("").page).toBe("society");
    expect(parseRoute("#/nowhere").page).toBe("society");
    expect(parseRoute("#/%E0%A4%A").page).toBe("society");
  });

  test("reads the time with and without a page", () => {
    expect(momentOf(parseRoute("#t=1700000000123"))).toBe(1_700_000_000_123);
    expect(momentOf(parseRoute("#/growth?t=17"))).toBe(17);
    expect(momentOf(parseRoute("#/growth?t=soon"))).toBeUndefined();
  });

  test("parses what it formats, for any question id", () => {
    const route = { page: "questions", id: "wren/q1?<b>&#", query: { text: "7*8 & more", t: "5" } } as const;
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  test("omits empty filters", () => {
    expect(formatRoute({ page: "questions", query: { author: "", outcome: "void" } })).toBe(
      "#/questions?outcome=void",
    );
  });
});
