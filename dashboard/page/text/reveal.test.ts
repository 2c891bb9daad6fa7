import { describe, expect, test } from "vitest";
import { reveal } from "./reveal.ts";

describe("reveal", () => {
  test("shows characters that reorder or hide text as their code points", () => {
    expect(reveal("a\u202Eb\u2066c\u200Bd\u0000e\uFEFF")).toBe(
      "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200B⟩d⟨U+0000⟩e⟨U+FEFF⟩",
    );
    expect(reveal("x\u{E0041}")).toBe("x⟨U+E0041⟩");
  });

  test("keeps line breaks, tabs, accents and emoji", () => {
    const text = "café\tπ ≥ 3\n漢字 🙂";
    expect(reveal(text)).toBe(text);
    expect(reveal("a\r\nb")).toBe("a\nb");
  });
});
