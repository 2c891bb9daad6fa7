import { afterAll, expect, test } from "vitest";
import { Grader, GraderError } from "./grader.ts";

const grader = new Grader({ timeoutSeconds: 3 });
afterAll(() => grader.close());

test("a hostile answer is undecided in time, and the next one is compared", async () => {
  expect(await grader.compare("7", "9^{9^{9^{9}}}")).toBe("undecided");
  expect(await grader.compare("2x", "x+x")).toBe("equal");
  const hostile = [
    "\\sum_{k=1}^{10^{9}} \\frac{1}{k}",
    "(".repeat(1500),
    "100000000!",
    "\\frac{".repeat(300),
  ];
  for (const answer of hostile) expect(await grader.compare("x", answer)).not.toBe("equal");
  expect(await grader.compare("y^2", "y\\cdot y")).toBe("equal");
}, 120_000);

test("comparisons that are asked for together are made one after another", async () => {
  const verdicts = [1, 2, 3, 4].map((factor) => grader.compare(`${factor}x+1`, `1+${factor}x`));
  expect(await Promise.all(verdicts)).toEqual(Array(4).fill("equal"));
}, 120_000);

test("the same answers get the same verdict, without another comparison", async () => {
  const first = await grader.compare("7", "9^{9^{9^{9}}}");
  const began = performance.now();
  expect(await grader.compare("7", "9^{9^{9^{9}}}")).toBe(first);
  expect(performance.now() - began).toBeLessThan(100);
}, 60_000);

test("equal spellings and numbers need no thread", async () => {
  const quick = new Grader({ timeoutSeconds: 0 });
  expect(await quick.compare("\\frac12", "0.5")).toBe("equal");
  expect(await quick.compare("(1, 2)", "\\left(1,2\\right)")).toBe("equal");
  expect(await quick.compare("1", "")).toBe("different");
});

test("a thread that does not start is an error, not a verdict", async () => {
  const broken = new Grader({ script: new URL("./no-such-worker.ts", import.meta.url) });
  await expect(broken.compare("2x", "x+x")).rejects.toThrow(GraderError);
  await expect(broken.compare("2x", "x+x")).rejects.toThrow(/does not start.*Fix: check that/);
  expect(await broken.compare("1/2", "0.5")).toBe("equal");
});
