import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { exactly } from "./exact.ts";
import { arbitraryMessageOf, messageTypes } from "./messages.fixture.ts";
import { type MessageType, schemas } from "./messages.ts";

/** Paths to the values in a message, and to places where a value could be. */
const placesIn = (value: unknown, path: readonly string[] = []): (readonly string[])[] => {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, key]));
  return Array.isArray(value) ? [path, ...inner] : [path, [...path, "stray"], ...inner];
};

const withValue = (value: unknown, [key, ...rest]: readonly string[], given: unknown): unknown => {
  if (key === undefined) return given;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = withValue(copy[key], rest, given);
  return copy;
};

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, "", "x".repeat(201), "x".repeat(100_001), -1, 0, 0.5, 2, 2 ** 60),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    {},
    new Map(),
    new Date(0),
    ["a"],
    [1],
    new Array(1),
  ),
  fc.anything(),
);

const agrees = (type: MessageType, value: unknown): void => {
  if (!exactly(schemas[type])(value)) return;
  const result = schemas[type].safeParse(value);
  expect(result.success).toBe(true);
  expect(result.data).toEqual(value);
};

describe("a quick look at a message", () => {
  test.each(messageTypes)("%s is known as it is, and nothing else that its schema does not know", (type) => {
    fc.assert(
      fc.property(arbitraryMessageOf(type), fc.nat(), odd, (message, choice, given) => {
        expect(exactly(schemas[type])(message)).toBe(true);
        const places = placesIn(message);
        agrees(type, withValue(message, places[choice % places.length] ?? [], given));
      }),
      { numRuns: 200 },
    );
  });

  test("says nothing of a value with a field too many, or of a schema that it does not know", () => {
    const point = z.object({ x: z.number(), label: z.string().optional() });
    const isPoint = exactly(point);
    expect(isPoint({ x: 1 })).toBe(true);
    expect(isPoint({ x: 1, label: undefined })).toBe(true);
    expect(isPoint({ x: 1, y: 2 })).toBe(false);
    expect(isPoint({ x: 1, label: 2 })).toBe(false);
    expect(isPoint([1])).toBe(false);
    expect(exactly(z.string().regex(/a/))("a")).toBe(false);
    expect(exactly(z.array(z.string()).min(1))(["a"])).toBe(false);
    expect(exactly(z.string().transform((text) => text.length))("a")).toBe(false);
  });
});
