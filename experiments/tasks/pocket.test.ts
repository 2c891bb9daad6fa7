import { describe, expect, test } from "vitest";
import { pocketTask } from "./pocket.ts";

describe("the pocket task", () => {
  test("knows the answer, the rule and the sound solutions of each family", () => {
    for (const [question, answer, rule, solution] of [
      ["7*8-9", "7", "the last digit counts", "7*8=6 6-9=7 ans 7"],
      ["tom has 7 times 8 loses 9 how many", "7", "order told", "7*8-9=7 ans 7"],
      ["37+8*6", "70", "the last two digits count", "37+8=45 45*6=70 ans 70"],
      ["x+7-3=5", "1", "number after the equals sign", "5+3=8 8-7=1 ans 1"],
    ] as const) {
      expect(pocketTask.truth(question)).toBe(answer);
      expect(pocketTask.rule?.(question)).toContain(rule);
      expect(pocketTask.sound?.(question, solution)).toBe(true);
      expect(pocketTask.sound?.(question, "ans 3")).toBe(false);
    }
    expect(pocketTask.truth("what is it")).toBeUndefined();
    expect(pocketTask.rule?.("what is it")).toBeUndefined();
  });

  test("refuses unknown benchmarks and held-out questions", () => {
    expect(() => pocketTask.benchmark("easy", 1, 1)).toThrow("easy");
    for (const name of pocketTask.benchmarks)
      for (const { question } of pocketTask.benchmark(name, 5, 3))
        expect(pocketTask.contamination(question)).toContain("reserved");
    expect(pocketTask.contamination("7*8")).toBeUndefined();
  });
});
