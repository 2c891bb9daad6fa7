import { expect, test } from "vitest";
import { Output, type OutputFlags } from "./output.ts";

const said = (flags: OutputFlags) => {
  const written = { out: "", err: "" };
  const streamOf = (name: "out" | "err") => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const output = new Output(flags, { out: streamOf("out"), err: streamOf("err") });
  output.say("progress");
  output.show({ facts: 1 }, () => "words");
  output.warn("trouble");
  return written;
};

test("results and progress go to standard output", () => {
  expect(said({})).toEqual({ out: "progress\nwords\n", err: "trouble\n" });
});

test("with --json standard output holds only JSON", () => {
  expect(said({ json: true })).toEqual({ out: '{"facts":1}\n', err: "progress\ntrouble\n" });
});

test("with --quiet there is no progress", () => {
  expect(said({ quiet: true })).toEqual({ out: "words\n", err: "trouble\n" });
  expect(said({ json: true, quiet: true })).toEqual({ out: '{"facts":1}\n', err: "trouble\n" });
});
