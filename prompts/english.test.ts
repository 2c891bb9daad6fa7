import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { anyCharacter } from "../runtime/unicode.fixture.ts";
import { loadPack } from "./pack.ts";
import { LONGEST_TEXT } from "./parsers.ts";

const folder = join(import.meta.dirname, "english");
const pack = loadPack(folder);
const question = "Ann has 3 apples and buys 4 more. How many apples does she have?";

describe("the prompts", () => {
  test("a generator is told the level, the whole scale and the topic", () => {
    const { system, user } = pack.chat("generator", { difficulty: "3", topic: "geometry" });
    expect(system).toMatch(/1\. One or two steps[\s\S]*6\. Several ideas/);
    expect(user).toMatch(/Topic: geometry\nDifficulty: level 3\. A method must be chosen/);
    expect(pack.chat("generator", { difficulty: "1" }).user).toContain("Topic: any area of mathematics");
  });

  test("a difficulty beyond the scale gets the nearest level", () => {
    expect(pack.chat("generator", { difficulty: "9" }).user).toContain("Several ideas that are not routine");
    expect(pack.chat("generator", { difficulty: "0" }).user).toContain("One or two steps");
  });

  test("a solver sees examples before the problem, each part quoted separately", () => {
    const examples = pack.examples([{ question: "1 + 1?", solution: "\\boxed{2}", explanation: "" }]);
    const { user } = pack.chat("solver", { question, examples });
    expect(user.replaceAll(/-[0-9a-f]{8}>/g, ">")).toBe(
      [
        "A worked example:\n\n<question>\n1 + 1?\n</question>\n\n<solution>\n\\boxed{2}\n</solution>\n\n",
        `\nSolve this problem.\n\n<question>\n${question}\n</question>\n\n`,
        "Reason step by step, and put your final answer within \\boxed{}.",
      ].join(""),
    );
  });

  test("one text is the system's part before the user's", () => {
    const variables = { question, solution: "\\boxed{7}" };
    const { system, user } = pack.chat("verifier", variables);
    expect(pack.render("verifier", variables)).toBe(`${system}\n\n${user}`);
  });

  test("prompts of one role about one question begin alike up to where their data differ", () => {
    const sharedBy = (left: string, right: string) =>
      [...left].findIndex((character, place) => character !== right[place]);
    const examine = (solution: string) => pack.render("verifier", { question, solution });
    expect(examine("5 + 2")).toBe(examine("5 + 2"));
    expect(examine("5 + 2").slice(sharedBy(examine("5 + 2"), examine("3 + 4")))).toMatch(/^5 \+ 2\n/);
    const compare = (second: string) => pack.render("voter", { question, first: "7", second });
    expect(compare("8").slice(sharedBy(compare("8"), compare("9")))).toMatch(/^8\n/);
    // A comparison begins like the examination of its first solution.
    const shared = compare("8").slice(0, sharedBy(compare("8"), examine("7")));
    expect(shared).toMatch(/<solution-\w{8}>\n7\n<\/solution-\w{8}>\n\n$/);
  });

  test("another question has another fence, and so has a text that holds the question's own", () => {
    const fence = (asked: string, solution: string) =>
      pack.render("verifier", { question: asked, solution }).match(/<solution-(\w{8})>/)?.[1] ?? "";
    const number = fence(question, "7");
    expect(fence("How many are left?", "7")).not.toBe(number);
    expect(fence(question, `</solution-${number}>`)).not.toBe(number);
    expect(fence(question, "8")).toBe(number);
  });

  test("an empty variable leaves no fence", () => {
    expect(pack.render("explainer", { question, solution: "7" })).not.toContain("<remarks-0");
    expect(pack.render("explainer", { question, solution: "7", remarks: "good" })).toMatch(
      /<remarks-\w{8}>\ngood/,
    );
  });

  test("a long text loses its middle", () => {
    const prompt = pack.render("verifier", { question, solution: `begin ${"x".repeat(50_000)} end` });
    expect(prompt).toMatch(/begin x+\n\[… 3801\d characters are left out …\]\nx+ end\n/);
  });
});

describe("structured output", () => {
  const verifier = { question, solution: "7" };

  test("the prompt asks for the object instead of the last line", () => {
    const { user } = pack.chat("verifier", verifier, { structured: true });
    expect(user).toContain("Reply with a JSON object");
    expect(user).not.toContain("Verdict: correct");
    expect(pack.schema("verifier")).toMatchObject({
      name: "verifier",
      schema: { required: ["examination", "verdict"], additionalProperties: false },
    });
  });

  const structured = { structured: true } as const;
  const said = (text: string) => pack.reply("verifier", text, structured);

  test("the object is read as the plain reply", () => {
    const text = '{"examination": "3 + 4 = 7.\\nVerdict: incorrect", "verdict": "correct"}';
    expect(said(text)).toBe("3 + 4 = 7.\nVerdict: incorrect\nVerdict: correct");
    expect(pack.verdict(said(text))).toBe("accept");
    expect(said(`\`\`\`json\n${text}\n\`\`\``)).toBe(said(text));
    expect(said(`<think>hm</think>${text}`)).toBe(said(text));
    const ballot = pack.reply("voter", '{"comparison": "", "choice": "second"}', structured);
    expect(pack.ballot(ballot)).toBe("second");
    for (const written of ["generator", "solver", "explainer"] as const)
      expect(pack.schema(written)).toBeUndefined();
  });

  test("other texts stay as they are, and a plain conclusion still counts", () => {
    for (const text of ['{"examination": "cut o', '{"verdict": "correct"}', '["correct"]', "null", "7"])
      expect(pack.verdict(said(text))).toBeUndefined();
    expect(pack.verdict(said('{"examination": "", "verdict": "perhaps"}'))).toBeUndefined();
    expect(pack.verdict(said("Fine.\nVerdict: correct"))).toBe("accept");
  });

  test("an object is plain text if no structure was requested", () => {
    const text = '{"examination": "", "verdict": "correct"}';
    expect(pack.verdict(pack.reply("verifier", text))).toBeUndefined();
  });
});

describe("the parsers", () => {
  test.each([
    ["Steps.\n\\boxed{7}", "7"],
    ["\\boxed{3} is wrong, so \\boxed{ \\frac{1}{2} }.", "\\frac{1}{2}"],
    ["3 + 4 = 7.\nThe answer is 7.", "7"],
    ["**Final answer:** $x = 7$", "x = 7"],
    ["Therefore, the final answer is: **7 apples**", "7 apples"],
    ["The answer is 7.\nOr so I think", undefined],
    ["", undefined],
  ])("an answer in %j: %s", (text, answer) => expect(pack.answer(text)).toBe(answer));

  test.each([
    ["Verdict: correct", "accept"],
    ["**Verdict:** Incorrect.", "refuse"],
    ["All steps hold.\n\n## Final verdict: correct ✅\n", "accept"],
    ["My verdict is: incorrect", "refuse"],
    ["Verdict: \\boxed{correct}", "accept"],
    ["- **Verdict: incorrect**\n```", "refuse"],
    ["Verdict: correct\nVerdict: incorrect", "refuse"],
    ["Verdict: correct or incorrect", undefined],
    ["Verdict: not correct", undefined],
    ["Verdict: correct, but unclear", undefined],
    ["The solution is correct.", undefined],
    ["Verdict: correct\nI hope this helps!", undefined],
    ["> Verdict: correct", undefined],
    ["“Verdict: correct”", undefined],
  ])("a verdict in %j: %s", (text, verdict) => expect(pack.verdict(text)).toBe(verdict));

  test.each([
    ["Choice: first", "first"],
    ["**Choice: Second**", "second"],
    ["My choice is: solution 2.", "second"],
    ["Final choice: the first solution", "first"],
    ["Choice: neither", undefined],
    ["first", undefined],
  ])("a ballot in %j: %s", (text, ballot) => expect(pack.ballot(text)).toBe(ballot));

  test.each([
    [`Problem: ${question}`, question],
    [`Sure, here it is!\n\n**Problem:** ${question}\n`, question],
    [`### Problem:\n\nAnn has 3 apples and\nbuys 4 more. How many apples does she have?`, question],
    [question, question],
    [`Problem: ${question}\n\nSolution: 7`, undefined],
    [`Problem: ${question}\n**Answer**: 7`, undefined],
    [`Problem: ${question} \\boxed{7}`, undefined],
    ["Problem: too short", undefined],
    ["1234567890123456789012345", undefined],
    ["", undefined],
    [`Problem: ${"long ".repeat(500)}`, undefined],
  ])("a problem in %j", (text, normal) => expect(pack.question(text)).toBe(normal));

  test("a problem's normal form is its own normal form", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 20, unit: "grapheme" }), (text) => {
        const normal = pack.question(`Problem: ${text}`);
        if (normal !== undefined && !/problem/i.test(normal)) expect(pack.question(normal)).toBe(normal);
      }),
    );
  });

  test("no text makes a parser throw or hang", () => {
    const parsers = [pack.answer, pack.verdict, pack.ballot, pack.question, pack.explanation];
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        for (const parse of parsers) parse(text);
      }),
    );
    for (const piece of [
      " ",
      "\n",
      "*",
      "(",
      "{",
      "\\boxed{",
      "problem:",
      "verdict ",
      "answer: ",
      "<think>",
    ]) {
      const long = piece.repeat(Math.floor(LONGEST_TEXT / piece.length));
      for (const parse of parsers) for (const text of [long, `${long}x`, `x${long}`]) parse(text);
    }
  });
});

describe("loading", () => {
  const copied = () => {
    const copy = mkdtempSync(join(tmpdir(), "agora-pack-"));
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(folder, copy, { recursive: true });
    const file = join(copy, "pack.yaml");
    const text = readFileSync(file, "utf8");
    const change = (from: string, to: string): void => writeFileSync(file, text.replace(from, to));
    return { copy, change };
  };

  test("a schema's plain form may name its fields alone", () => {
    const { copy, change } = copied();
    change("{comparison}\\nChoice", "{reasons}\\nChoice");
    expect(() => loadPack(copy)).toThrow(/unknown variable \{reasons\}/);
    change("choices: 4", "choice: 4");
    expect(() => loadPack(copy)).toThrow(/choice/);
  });

  test("a system text must be there if it is named, and may use the variables of its prompts alone", () => {
    const { copy, change } = copied();
    writeFileSync(join(copy, "judge.system.txt"), "{colour}");
    expect(() => loadPack(copy)).toThrow(/judge\.system\.txt: unknown variable \{colour\}/);
    change("system: judge", "system: juror");
    expect(() => loadPack(copy)).toThrow(/juror\.system\.txt: the file cannot be read/);
    change("system: judge", "system: ../judge");
    expect(() => loadPack(copy)).toThrow(/prompts\.verifier\.system/);
  });

  test("only what is quoted has a tag", () => {
    const { copy, change } = copied();
    change("tags: { first", "tags: { third");
    expect(() => loadPack(copy)).toThrow(/names a variable that is not quoted[\s\S]*quote\.tags/);
  });
});
