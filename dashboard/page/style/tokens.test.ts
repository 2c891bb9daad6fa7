/** Checks the contrast of the colours in both themes (WCAG 2: at least 4.5 for text, 3 for graphics). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

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

const lowestContrast = (ink: string, ground: string): number => {
  const [a, b] = [tokens.get(ink), tokens.get(ground)];
  if (a === undefined || b === undefined) throw new Error(`no token ${ink} or ${ground}`);
  return Math.min(contrast(a.light, b.light), contrast(a.dark, b.dark));
};

describe("colours", () => {
  test.each(["ink", "muted", "accent", "good", "bad", "warn"])(
    "--%s has a contrast above 4.5 on all backgrounds",
    (ink) => {
      for (const ground of ["ground", "surface", "raised"])
        expect(lowestContrast(ink, ground)).toBeGreaterThan(4.5);
    },
  );

  test("the text of active states has a contrast above 4.5", () => {
    expect(lowestContrast("lit-ink", "lit")).toBeGreaterThan(4.5);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("the colour of curve %s has a contrast above 3", (index) => {
    expect(lowestContrast(`series-${index}`, "surface")).toBeGreaterThan(3);
  });
});
