import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pocketPack, scriptedTask } from "../../cli/host/scripted-society.ts";
import { dossierOf, said, settledOf } from "../../machines/machines.fixture.ts";
import { loadPack } from "../../prompts/pack.ts";
import { Catalogue } from "./catalogue.ts";

const pack = loadPack(pocketPack);
const wary = {
  ...scriptedTask,
  contamination: (question: string) => (question === "9*9" ? "benchmark" : undefined),
};
const catalogue = (...records: ConstructorParameters<typeof Catalogue>[2] & object) =>
  new Catalogue(pack, wary, records);

describe("the catalogue", () => {
  test("keeps a question that may be posed, in its normal form", () => {
    expect(catalogue().screen(" 1+2 ? ")).toEqual({ text: "1+2", flaw: undefined });
  });

  test("refuses malformed, repeated and benchmark questions, each with its reason", () => {
    const screened = catalogue();
    const flaws = ["what?", "1+2", "1+2?", "9*9"].map((text) => screened.screen(text).flaw);
    expect(flaws).toEqual(["malformed", undefined, "duplicate", "benchmark"]);
  });

  test("tells questions apart by words, numbers and operators, not by case or punctuation", () => {
    const english = new Catalogue(loadPack(join(pocketPack, "../english")), wary);
    const flaws = ["Find x, if 3x + 4 = 10.", "find X  if 3x + 4 = 10", "Find x, if 3x - 4 = 10."].map(
      (text) => english.screen(`Problem: ${text}`).flaw,
    );
    expect(flaws).toEqual([undefined, "duplicate", undefined]);
  });

  test("quotes at most a part of a malformed text", () => {
    expect(catalogue().screen("x".repeat(10_000)).text).toHaveLength(2000);
  });

  test("knows questions from before a restart and from other processes", () => {
    const settled = settledOf("q", ["ant"]);
    const lived = catalogue({ ...settled, dossier: { ...settled.dossier, text: "3+4" } });
    expect(lived.screen("3+4").flaw).toBe("duplicate");
    const { question, round, author, adapter, difficulty, group } = dossierOf();
    lived.learn(said("question.posed", { question, round, author, adapter, difficulty, group, text: "5+6" }));
    expect(lived.screen("5+6").flaw).toBe("duplicate");
  });

  test("screens alike before a restart and after it, whatever became of a question", () => {
    const english = loadPack(join(pocketPack, "../english"));
    const task = { contamination: (text: string) => (text.includes("9*9") ? "benchmark" : undefined) };
    const questions = ["Find x, if x + 1 = 3.", "Find y, if y + 1 = 3.", "How many is 9*9, Ann asks."];
    const texts = ["Find z: z+1=3", ...questions, "Find x, if x + 1 = 3."];
    const lived = new Catalogue(english, task);
    const posed = texts.map((text) => lived.screen(text));
    expect(posed.map(({ flaw }) => flaw)).toEqual([
      "malformed",
      undefined,
      undefined,
      "benchmark",
      "duplicate",
    ]);
    const voided = [...posed, { text: "", flaw: "the model left" }].map(({ text, flaw }, index) => {
      const { round, author, adapter } = dossierOf();
      const reason = flaw ?? "nobody offered a solution";
      return said("question.voided", { question: `q${index}`, round, author, adapter, text, reason });
    });
    const resumed = new Catalogue(english, task, voided);
    for (const catalogue of [lived, resumed]) {
      const again = [...questions, "Find z: ... z+1=3 ......"].map((text) => catalogue.screen(text).flaw);
      expect(again).toEqual(["duplicate", "duplicate", "benchmark", undefined]);
    }
  });
});
