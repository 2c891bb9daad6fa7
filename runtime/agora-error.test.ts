import { expect, test } from "vitest";
import { AgoraError, type AgoraErrorOptions, messageOf } from "./agora-error.ts";

class DiskError extends AgoraError<"disk-full"> {
  constructor(problem: string, options?: AgoraErrorOptions) {
    super("disk-full", problem, options);
  }
}

test("an error carries its class's name, its code, and what it was made of", () => {
  const cause = new Error("ENOSPC");
  const error = new DiskError("the disk is full", { expected: "1 GB", fix: "free some space", cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    ...{ name: "DiskError", code: "disk-full", problem: "the disk is full" },
    ...{ expected: "1 GB", fix: "free some space", cause },
  });
  expect(String(error)).toBe("DiskError: the disk is full; expected 1 GB. Fix: free some space.");
});

test("an error without a cause has no `cause` key", () => {
  expect(Object.hasOwn(new DiskError("the disk is full"), "cause")).toBe(false);
});

test.each([
  ["It failed.", undefined, undefined, "It failed."],
  ["it is 3", "at most 2", undefined, "it is 3; expected at most 2"],
  ["It failed.", undefined, "try again", "It failed. Fix: try again."],
  ["unknown key", "a key", 'did you mean "run"?', 'unknown key; expected a key. Fix: did you mean "run"?'],
])("the message of problem %j, expectation %j and fix %j is %j", (problem, expected, fix, message) => {
  expect(messageOf(problem, expected, fix)).toBe(message);
});
