import { expect, test } from "vitest";
import { causeOf } from "./work-order.ts";

test("a cause is the error's message, or the thrown value as text", () => {
  expect([causeOf(new Error("down")), causeOf("plain"), causeOf(undefined)]).toEqual([
    "down",
    "plain",
    "undefined",
  ]);
});
