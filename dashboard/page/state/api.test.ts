import { describe, expect, test } from "vitest";
import { withQuery } from "./api.ts";

describe("a path with parameters", () => {
  test("omits unset and empty values", () => {
    expect(withQuery("api/frame", { until: undefined, text: "" })).toBe("api/frame");
    expect(withQuery("api/questions", { offset: 0, text: "7*8 & more" })).toBe(
      "api/questions?offset=0&text=7*8+%26+more",
    );
  });

  test("keeps parameters already in the path", () => {
    expect(withQuery("api/questions?limit=4", { until: 5 })).toBe("api/questions?limit=4&until=5");
  });
});
