/** Colours that can be read, by day and by night (WCAG 2, contrast of texts 4.5, of graphics 3). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map(([, name, light, dark]) => [
    name ?? "",
    { light: light ?? "", dark: dark ?? "" },
  ]),
);

const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const least = (ink: string, ground: string): number => {
  const [a, b] = [tokens.get(ink), tokens.get(ground)];
  if (a === undefined || b === undefined) throw new Error(`no token ${ink} or ${ground}`);
  return Math.min(contrast(a.light, b.light), contrast(a.dark, b.dark));
};

describe("colours", () => {
  it.each(["ink", "muted", "accent", "good", "bad", "warn"])("--%s can be read on all grounds", (ink) => {
    for (const ground of ["ground", "surface", "raised"]) expect(least(ink, ground)).toBeGreaterThan(4.5);
  });

  it("lit states can be read", () => {
    expect(least("lit-ink", "lit")).toBeGreaterThan(4.5);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("curve %s stands out", (index) => {
    expect(least(`series-${index}`, "surface")).toBeGreaterThan(3);
  });
});
