import { describe, expect, it } from "vitest";
import { sumOfTokens, tokensText } from "./tokens.ts";

describe("tokens", () => {
  it("are summed where they are known", () => {
    const known = [{ tokens: { prompt: 1200, completion: 5 } }, {}, { tokens: { prompt: 3, completion: 4 } }];
    expect(tokensText(sumOfTokens(known))).toBe("1,203 tokens read, 9 written");
  });

  it("are left out where nothing is known", () => {
    expect(tokensText(sumOfTokens([{}, {}]))).toBe("");
  });
});
