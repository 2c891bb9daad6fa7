import { describe, expect, test } from "vitest";
import { sumOfTokens, tokensText } from "./tokens.ts";

describe("tokens", () => {
  test("sums the known token counts", () => {
    const known = [{ tokens: { prompt: 1200, completion: 5 } }, {}, { tokens: { prompt: 3, completion: 4 } }];
    expect(tokensText(sumOfTokens(known))).toBe("1,203 prompt tokens, 9 completion tokens");
  });

  test("returns an empty text if no count is known", () => {
    expect(tokensText(sumOfTokens([{}, {}]))).toBe("");
  });
});
