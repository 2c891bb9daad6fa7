import { expect, test } from "vitest";
import { objectionIn } from "./objection.ts";

test("the first step that the verifier computes otherwise", () => {
  expect(objectionIn("5*1=5:5*1=5 5+4=8:5+4=9 8*7=6:9*7=3 ans 6:3")).toBe("5+4 is 9, not 8");
});

test("a leap that the verifier works in two steps", () => {
  expect(objectionIn("9+7*5=5:9+7=6 6*5=0 ans 5:0")).toBe("9+7*5 is 0, not 5");
});

test("an answer that does not follow from right steps", () => {
  expect(objectionIn("2-3=9:2-3=9 ans 8:9")).toBe("the answer is 9, not 8");
});

test("a solution without steps", () => {
  expect(objectionIn("none")).toBe("it shows no steps");
});

test("nothing, if all steps are equal or the text is of another kind", () => {
  expect(objectionIn("5*1=5:5*1=5 ans 5:5")).toBeUndefined();
  expect(objectionIn("I do not believe it.")).toBeUndefined();
});
