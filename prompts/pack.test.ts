import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyCharacter } from "../runtime/unicode.fixture.ts";
import { PackError } from "./error.ts";
import { loadPack } from "./pack.ts";
import { LONGEST_TEXT } from "./parsers.ts";

const POCKET = join(import.meta.dirname, "pocket");

describe("the pocket pack", () => {
  const pack = loadPack(POCKET);

  test("renders a solver's prompt with and without elite examples", () => {
    const example = { question: "1+2", solution: "1+2=3 ans 3", explanation: "by steps 1+2=3" };
    const examples = pack.examples([example, example]);
    const shown = "1+2?1+2=3 ans 3\nby steps 1+2=3\n";
    expect(pack.render("solver", { examples, question: "4*5" })).toBe(`${shown}${shown}4*5?`);
    expect(pack.render("solver", { examples: pack.examples([]), question: "4*5" })).toBe("4*5?");
  });

  test("an optional variable that is not given is empty", () => {
    expect(pack.render("generator", { difficulty: "3" })).toBe("make 3 :");
    expect(pack.render("generator", { difficulty: "3", topic: "story" })).toBe("make 3 story:");
    expect(pack.render("explainer", { question: "1+2", solution: "ans 3" })).toBe("explain ans 3\n\n1+2?");
  });

  test("the value of a variable is not expanded", () => {
    const hostile = "{question} $& {{first}}";
    expect(pack.render("reviewer", { question: "1+2", solution: hostile })).toBe(`review ${hostile}\n1+2?`);
  });

  test("a missing or unknown variable is refused by name", () => {
    expect(() => pack.render("solver", { question: "1+2" })).toThrow(
      /solver\.txt: no value for the variable \{examples\}/,
    );
    expect(() => pack.render("solver", { examples: "", question: "1", topic: "x" })).toThrow(
      /unknown variable \{topic\}/,
    );
  });

  test("takes an answer only from a complete solution, and a verdict or ballot only as a conclusion", () => {
    for (const whole of ["7*8=6 6-4=2 ans 2", "7*8-4=2 ans 2", "ans 2"]) expect(pack.answer(whole)).toBe("2");
    for (const whole of ["37+8=45 45+4=49 ans 49", "37+8+4=49 ans 49", "83+8*9=19 ans 19", "07*7=49 ans 49"])
      expect(pack.answer(whole)).toBe(whole.slice(-2));
    for (const broken of ["ans", "7*8=6 ans 6 ans 2", "7*8=6 ok 6-4=2 ans 2", "ans 2 or 3"])
      expect(pack.answer(broken)).toBeUndefined();
    for (const incoherent of [
      "7*8=6 5-3=2 ans 2",
      "7*8=6 6-4=2 ans 3",
      "37+8=45 35+4=39 ans 39",
      "37+8=45 ans 4",
      "37+8=45 5+4=9 ans 9",
      "37+08=45 ans 45",
      "7*8=6 60-40=20 ans 20",
    ])
      expect(pack.answer(incoherent)).toBeUndefined();
    expect(pack.explanation("by steps 6-4=2")).toBe("by steps 6-4=2");
    expect(pack.explanation("by leaps 37+8+4=49")).toBe("by leaps 37+8+4=49");
    expect(pack.explanation("by steps by")).toBeUndefined();
    expect(pack.verdict("yes")).toBeUndefined();
    expect(pack.ballot("3 3 first")).toBe("first");
    expect(pack.ballot("first 3 4 second ")).toBe("second");
    expect(pack.ballot("neither")).toBeUndefined();
  });

  test("reads a verdict from the verifier's own steps beside the written ones", () => {
    for (const equal of [
      "7*8=6:7*8=6 ans 6:6",
      "7*8=6:7*8=6 6-3=3:6-3=3 ans 3:3",
      "7*8-3=3:7*8=6 6-3=3 3+9=2:3+9=2 ans 2:2",
      "37+8=45:37+8=45 45+4=49:45+4=49 ans 49:49",
      "37+8+4=49:37+8=45 45+4=49 ans 49:49",
    ])
      expect(pack.verdict(equal), equal).toBe("accept");
    for (const different of [
      "none",
      "7*8=6:7*8=8 ans 6:8",
      "7*8=6:7*8=8 ans 6:6",
      "7*8-3=3:7*8=6 6-3=4 ans 3:4",
      "7*8-3=3:7*8=5 6-3=3 ans 3:3",
      "7*8=6:7*8=6 6*1=6:ans 6 ans 6:6",
      "7*8=6:7*8=6 ans 3:6",
      "7*8=6:7*8=6 ans 6:6-3=3",
      "37+8=45:37+8=35 45+4=49:35+4=39 ans 49:39",
      "37+8=45:37+8=45 ans 45:45+4=49",
      "37+8+4=49:37+8=45 45+4=49 ans 94:49",
    ])
      expect(pack.verdict(different), different).toBe("refuse");
    for (const unfinished of [
      "7*8=6:7*8=6",
      "7*8=6:7*8=6 6-3=3:6-3=3",
      "ans 6:6",
      "7*8=6:7*8=6 ans 6:6 or rather",
      "7*8=6 ans 6",
    ])
      expect(pack.verdict(unfinished), unfinished).toBeUndefined();
  });

  test("gives the normal form of a question, and undefined for other texts", () => {
    expect(pack.question(" 7*8-3? ")).toBe("7*8-3");
    expect(pack.question("tom has 7  times 8 how many")).toBeUndefined();
    expect(pack.question("tom has 7 times 8 how many")).toBe("tom has 7 times 8 how many");
    expect(pack.question("37+8*6?")).toBe("37+8*6");
    expect(pack.question("x+7-3=5")).toBe("x+7-3=5");
    const malformed = ["", "7", "7*8-", "77+88", "7*88", "7*8=6", "7*8-3?6", "x*2=4", "x+7", "x+7=15"];
    for (const text of [...malformed, "x".repeat(LONGEST_TEXT + 1)])
      expect(pack.question(text), text).toBeUndefined();
  });

  test("no text makes a parser throw or hang", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        for (const parse of [pack.answer, pack.verdict, pack.ballot, pack.question]) parse(text);
      }),
    );
    const long = `tom has 7${" finds 8".repeat(200_000)}`;
    for (const parse of [pack.answer, pack.verdict, pack.ballot, pack.question])
      expect(parse(long)).toBeUndefined();
  });
});

describe("loading", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agora-pack-"));
    cpSync(POCKET, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const edit = (file: string, from: string, to: string) =>
    writeFileSync(join(folder, file), readFileSync(join(folder, file), "utf8").replace(from, to));

  function failure(): PackError {
    try {
      loadPack(folder);
    } catch (error) {
      if (error instanceof PackError) return error;
    }
    throw new Error("the pack loaded, or failed otherwise");
  }

  test("doubled braces are text, and so are braces around anything but a name", () => {
    edit("reviewer.txt", "review", "\\boxed{{answer}} {1} ");
    expect(loadPack(folder).render("reviewer", { question: "q", solution: "s" })).toBe(
      "\\boxed{answer} {1}  s\nq?",
    );
  });

  test("a missing file is named", () => {
    rmSync(join(folder, "voter.txt"));
    expect(failure()).toMatchObject({ code: "pack.file", file: join(folder, "voter.txt") });
  });

  test("an unknown variable and an absent one are named", () => {
    edit("reviewer.txt", "{solution}", "{solution} {colour}");
    expect(failure()).toMatchObject({ code: "pack.variables", message: expect.stringContaining("{colour}") });
    edit("reviewer.txt", "{solution} {colour}", "");
    expect(failure()).toMatchObject({
      code: "pack.variables",
      message: expect.stringContaining("{solution} is missing"),
    });
  });

  test("a bad pattern, an unknown key and broken YAML are named", () => {
    edit("pack.yaml", "(first|second)", "(first|second");
    expect(failure()).toMatchObject({ code: "pack.pattern", message: expect.stringContaining('"ballot"') });
    edit("pack.yaml", "(first|second", "(?:first|second)");
    expect(failure()).toMatchObject({ code: "pack.pattern", message: expect.stringContaining("no group") });
    edit("pack.yaml", "separator:", "seperator:");
    expect(failure()).toMatchObject({
      code: "pack.definition",
      message: expect.stringContaining("seperator"),
    });
    edit("pack.yaml", "seperator:", "'");
    expect(failure()).toMatchObject({ code: "pack.definition", file: join(folder, "pack.yaml") });
  });
});
