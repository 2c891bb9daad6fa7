import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import type { ModelCall } from "../../../runtime/model/model.ts";
import { baselineConfig, playBaseline } from "../baselines.fixture.ts";
import { qualityIn } from "./magpie.ts";

describe("magpie", () => {
  test("draws an instruction from the bare pre-query, answers and tags it, and keeps what is good and new", async () => {
    const options = { magpie: { preQuery: "<|user|>", stop: ["<|end|>"] } };
    const config = baselineConfig("magpie", ["ant", "bee"], { rounds: 1, questionsPerRound: 6, options });
    const asked: ModelCall[] = [];
    const instructing = (texts: string[]) => (call: ModelCall) => {
      asked.push(call);
      return texts.shift() ?? "";
    };
    const { records } = await playBaseline(config, {
      ant: { instruction: instructing(["1+2+3", "1+2+3", "tell me a joke"]) },
      bee: {
        instruction: instructing(["4+5-6", "7*7+1", "8*2-9"]),
        tagger: ({ prompt }) => (prompt.includes("7*7") ? "none" : "1+2=3:1+2=3 ans 3:3"),
      },
    });
    for (const { form, prompt, stop } of asked)
      expect([form, prompt, stop]).toEqual(["text", "<|user|>", ["<|end|>"]]);
    expect(ofType(records, "question.voided").map(({ author, reason }) => [author, reason])).toEqual([
      ["ant", "duplicate"],
      ["ant", "malformed"],
    ]);
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier);
    expect(settled.map(({ text, author, verified }) => [text, author, verified.length])).toEqual([
      ["1+2+3", "ant", 1],
      ["4+5-6", "bee", 1],
      ["7*7+1", "bee", 0],
      ["8*2-9", "bee", 1],
    ]);
    expect(settled[2]?.remarks).toMatchObject([{ author: "bee", kind: "tags", text: "none" }]);
    const tokens = ofType(records, "call.metered").filter(({ role }) => role === "instruction");
    expect(tokens.reduce((sum, { calls }) => sum + calls, 0)).toBe(6);
  });

  test("reads the quality of a tag", () => {
    expect(qualityIn("Difficulty: easy\nQuality: Excellent.")).toBe("excellent");
    expect(qualityIn("**Quality:** very poor")).toBe("very poor");
    expect(qualityIn("The quality is fine")).toBeUndefined();
  });
});
