import fc from "fast-check";
import { expect, test } from "vitest";
import { Digests } from "./digests.ts";

test("knows what was added, as a set does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 3 })),
      fc.array(fc.string({ maxLength: 3 })),
      (added, asked) => {
        const [digests, set] = [new Digests(), new Set<string>()];
        for (const text of added) {
          expect(digests.add(text)).toBe(!set.has(text));
          set.add(text);
        }
        for (const text of asked) expect(digests.has(text)).toBe(set.has(text));
      },
    ),
  );
});

test("knows each of ten thousand texts, and no other", () => {
  const digests = new Digests();
  const texts = Array.from({ length: 10_000 }, (_, index) => `question:agent-${index % 7}/q${index}`);
  expect(texts.filter((text) => !digests.add(text))).toEqual([]);
  expect(texts.filter((text) => digests.add(text) || !digests.has(text))).toEqual([]);
  expect(texts.filter((text) => digests.has(`${text}x`))).toEqual([]);
});
