import fc from "fast-check";
import { expect, test } from "vitest";
import { clockTime, playedTime } from "./played-time.ts";

const breaks = [
  { from: 100, to: 150 },
  { from: 180, to: 1000 },
];

test("a break takes no time of the run", () => {
  const times = [50, 100, 120, 150, 170, 180, 500, 1000, 1010];
  expect(times.map((at) => playedTime(at, breaks))).toEqual([50, 100, 100, 100, 120, 130, 130, 130, 140]);
  expect([50, 99, 100, 120, 130, 140].map((played) => clockTime(played, breaks))).toEqual([
    ...[50, 99, 150, 170, 1000, 1010],
  ]);
});

test("the clock gives back the time of the run, also after breaks without a record between them", () => {
  const lengths = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })), { maxLength: 5 });
  fc.assert(
    fc.property(lengths, fc.nat(500), (parts, played) => {
      let at = 0;
      const some = parts.map(([pause, length]) => {
        const from = at + pause;
        at = from + length;
        return { from, to: at };
      });
      expect(playedTime(clockTime(played, some), some)).toBe(played);
    }),
  );
});
