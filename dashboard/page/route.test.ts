import { afterEach, describe, expect, test, vi } from "vitest";
import { amendRoute, formatRoute, momentOf, parseRoute } from "./route.ts";

describe("route", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("opens the society page for an empty address, and no view for an unknown one", () => {
    expect(parseRoute("").page).toBe("society");
    expect(parseRoute("#t=17").page).toBe("society");
    expect(parseRoute("#/nowhere").page).toBe("unknown");
    expect(parseRoute("#/%E0%A4%A").page).toBe("unknown");
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

  test("amends the address that stands, also before the browser reports a navigation", () => {
    const location = { hash: "#/growth?text=7" };
    const history = {
      state: { entry: 7 } as unknown,
      replaceState: (state: unknown, _: string, hash: string) => {
        history.state = state;
        Object.assign(location, { hash });
      },
    };
    vi.stubGlobal("location", location);
    vi.stubGlobal("history", history);
    amendRoute({ t: "17" });
    expect(location.hash).toBe("#/growth?text=7&t=17");
    expect(history.state).toEqual({ entry: 7 });
  });
});
