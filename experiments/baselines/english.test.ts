import { describe, expect, test } from "vitest";
import { packFolder } from "../../cli/host/packs.ts";
import { scriptedParts } from "../../cli/host/scripted-society.ts";
import { ofType, playWith } from "../../cli/host/society.fixture.ts";
import { loadPack } from "../../prompts/pack.ts";
import type { ConfigInput } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import { baselineConfig } from "./baselines.fixture.ts";

const members = ["ant", "bee", "cat"];

describe("with models that follow instructions", () => {
  const english = (answers: Script): Script => ({
    generator: () => "Problem: How many are two times three and four?",
    solver: (call) => `Step by step. \\boxed{${call.prompt.length % 10}}`,
    ...answers,
  });
  const playEnglish = async (kind: string, answers: Script, more: ConfigInput = {}) => {
    const asked: ModelCall[] = [];
    const watched = Object.fromEntries(
      Object.entries(english(answers)).map(([role, script]) => [
        role,
        (call: ModelCall) => {
          asked.push(call);
          return typeof script === "function" ? script(call) : "";
        },
      ]),
    );
    const config = baselineConfig(kind, members, { pack: "english", rounds: 1, ...more });
    const scripts = Object.fromEntries(members.map((name) => [name, watched]));
    const parts = { ...scriptedParts(config, { scripts }), pack: loadPack(packFolder("english")) };
    const { records } = await playWith(config, parts);
    return { records, inRole: (role: string) => asked.filter((call) => call.role === role) };
  };

  test("star tells the answer in the system text", async () => {
    const { inRole } = await playEnglish("star", { rationaliser: () => "So \\boxed{1}" });
    for (const { system, prompt } of inRole("rationaliser")) {
      expect(system).toMatch(/The right answer to the problem below is \d+\./);
      expect(prompt).not.toContain("right answer");
    }
    expect(inRole("rationaliser").length).toBeGreaterThan(0);
  });

  test("gra asks for scores", async () => {
    const { records, inRole } = await playEnglish("gra", { reviewer: () => "Clear.\nScore: 9" });
    expect(inRole("reviewer")[0]?.prompt).toMatch(/Score: 7$/);
    expect(inRole("reviewer")[0]?.system).toMatch(/^You review problems/);
    const [settled] = ofType(records, "question.settled");
    expect(settled?.dossier.verdicts).toMatchObject([{ verdict: "accept", text: "Clear.\nScore: 9" }]);
    expect(settled?.dossier.verified).toHaveLength(1);
  });

  test("mugglemath asks for the five rewrites of a problem", async () => {
    let posed = 0;
    const rewriter = () => `Problem: How many are five times ${(posed++ % 9) + 1} and two?`;
    const { inRole } = await playEnglish("mugglemath", { rewriter }, { questionsPerRound: 6 });
    const endings = inRole("rewriter").map(({ prompt }) => prompt.match(/rewrite it\. (\w+ \w+)/)?.[1]);
    expect(new Set(endings)).toEqual(
      new Set(["Change the", "Bring fractions", "Combine the", "Add a", "Make the"]),
    );
    for (const { system } of inRole("rewriter")) expect(system).toMatch(/^You rewrite mathematics problems/);
  });

  test("magpie asks for tags", async () => {
    const tagger = () => "Difficulty: easy\nQuality: good";
    const { records, inRole } = await playEnglish("magpie", {
      instruction: () => "How many are one and two taken together?",
      tagger,
    });
    expect(inRole("tagger")[0]?.prompt).toContain("Quality: one of very poor");
    expect(ofType(records, "question.settled").map(({ dossier }) => dossier.verified.length)).toEqual([1]);
  });
});
