import { describe, expect, test } from "vitest";
import { describe as describeLogits, sample, uniform } from "./sampler.ts";
import { TextStop } from "./text-stop.ts";

const LOGITS = Float32Array.from([0.7, 0.2, 0.1, 1e-9], Math.log);

const shares = (settings: { temperature: number; topP: number }): number[] => {
  const counts = [0, 0, 0, 0];
  for (let seed = 0; seed < 4000; seed++) {
    const token = sample(LOGITS, { ...settings, seed }, 3);
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / 4000);
};

describe("sampling", () => {
  test("samples tokens in proportion to their probabilities", () => {
    const [first = 0, second = 0, third = 0, never] = shares({ temperature: 1, topP: 1 });
    expect(first).toBeCloseTo(0.7, 1);
    expect(second).toBeCloseTo(0.2, 1);
    expect(third).toBeCloseTo(0.1, 1);
    expect(never).toBe(0);
  });

  test("samples from the smallest set of tokens whose mass reaches topP", () => {
    const [first = 0, second = 0, third, fourth] = shares({ temperature: 1, topP: 0.75 });
    expect(first).toBeCloseTo(7 / 9, 1);
    expect(second).toBeCloseTo(2 / 9, 1);
    expect([third, fourth]).toEqual([0, 0]);
  });

  test("prefers likely tokens at a low temperature and is greedy at 0", () => {
    expect(shares({ temperature: 0.3, topP: 1 })[0]).toBeGreaterThan(0.95);
    expect(shares({ temperature: 0, topP: 1 })[0]).toBe(1);
  });

  test("draws uniform numbers for any seed, also large and negative ones", () => {
    for (const seed of [0, 1, -5, 2 ** 40 + 3]) {
      const numbers = Array.from({ length: 5000 }, (_, index) => uniform(seed, index));
      const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(new Set(numbers).size).toBeGreaterThan(4990);
    }
    expect(uniform(2 ** 40, 0)).not.toBe(uniform(0, 0));
  });

  test("reports log-probabilities at temperature 1", () => {
    const { logprob, top } = describeLogits(LOGITS, 1, 2);
    expect(logprob).toBeCloseTo(Math.log(0.2), 5);
    expect(top.map(({ token }) => token)).toEqual([0, 1]);
  });
});

describe("stop texts", () => {
  test("are found across tokens and removed with all later text", () => {
    const text = new TextStop(["\nQ:", "END"]);
    expect(["a", "b\n", "Q"].map((piece) => text.append(piece))).toEqual([false, false, false]);
    expect(text.release(false)).toBe("ab");
    expect(text.append(":x")).toBe(true);
    expect(text.text).toBe("ab");
    expect(text.tokenCount).toBe(1);
    expect(text.release(true)).toBe("");
  });

  test("do not delay text that can no longer become a stop text", () => {
    const text = new TextStop(["END"]);
    text.append("xE");
    expect(text.release(false)).toBe("x");
    text.append("N");
    expect(text.release(false)).toBe("");
    text.append("T");
    expect(text.release(false)).toBe("ENT");
  });
});
