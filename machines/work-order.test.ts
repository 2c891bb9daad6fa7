import { expect, test } from "vitest";
import { causeOf } from "./work-order.ts";

test("a cause is an error's words, or whatever was thrown", () => {
  expect([causeOf(new Error("down")), causeOf("plain"), causeOf(undefined)]).toEqual([
    "down",
    "plain",
    "undefined",
  ]);
});
