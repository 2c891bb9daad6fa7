/** Changes between JSON values: applied in order they give back every value. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { changed, changeOf } from "./changes.ts";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a change applied to the value before gives the value after", () => {
  const json = fc.jsonValue().map(plain);
  fc.assert(
    fc.property(json, json, (before, after) => {
      expect(changed(before, plain(changeOf(before, after)) as never)).toEqual(after);
    }),
  );
});

test("growth costs only what was added, and unchanged parts are shared", () => {
  const before = { rounds: [{ round: 1 }, { round: 2 }], tokens: { ant: 3 }, gone: 1 };
  const after = { rounds: [{ round: 1 }, { round: 2 }, { round: 3 }], tokens: { ant: 4 } };
  const change = changeOf(before, after);
  expect(change).toEqual({
    c: { rounds: { a: [{ round: 3 }] }, tokens: { c: { ant: { v: 4 } } } },
    d: ["gone"],
  });
  const applied = changed(before, change) as typeof before;
  expect(applied.rounds[0]).toBe(before.rounds[0]);
});

test("names of models may be any, also that of a prototype", () => {
  const named = JSON.parse('{"__proto__": {"mu": 1}, "constructor": 2}');
  const after = JSON.parse('{"__proto__": {"mu": 3}, "constructor": 2}');
  const applied = changed(named, changeOf(named, after));
  expect(JSON.stringify(applied)).toBe('{"constructor":2,"__proto__":{"mu":3}}');
  expect(Object.getPrototypeOf(applied)).toBe(Object.prototype);
});
