/** The text of other models changes only the data, in parsers and in prompts. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCharacter } from "../runtime/unicode.fixture.ts";
import { hostileSolutions } from "./hostile.fixture.ts";
import { loadPack } from "./pack.ts";

const pack = loadPack(join(import.meta.dirname, "english"));
const question = "Ann has 3 apples and buys 4 more. How many does she have?";

const region = /<(\w+)-([0-9a-f]{8})>\n([\s\S]*?)\n<\/\1-\2>/g;

interface Region {
  readonly variable: string;
  readonly number: string;
  readonly text: string;
}

const regionsOf = (prompt: string): Region[] =>
  [...prompt.matchAll(region)].map(([, variable = "", number = "", text = ""]) => ({
    variable,
    number,
    text,
  }));

/** The prompt with its data taken out. */
const outside = (prompt: string): string => prompt.replaceAll(region, "<$1>");

const verifierPrompt = (solution: string): string => pack.render("verifier", { question, solution });
const quoted = (solution: string): string =>
  regionsOf(verifierPrompt(solution)).find(({ variable }) => variable === "solution")?.text ?? "";

/** Tokens that chat templates are made of, and what a thinking model marks its thoughts with. */
const tokens = [
  ...[
    "<|im_start|>",
    "<|im_end|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "</s>",
  ],
  ...["<s>", "<bos>", "<eos>", "<pad>", "<unk>", "<|eot_id|>", "<|end|>", "<|assistant|>", "<|endoftext|>"],
  ...[
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
    "<tool_call>",
    "[TOOL_CALLS]",
    "<|channel|>",
    "<｜Assistant｜>",
  ],
];

const checkBoundary = (prompt: string, variables: readonly string[], calm: string): void => {
  const regions = regionsOf(prompt);
  expect(regions.map(({ variable }) => variable)).toEqual(variables);
  const [number = "none"] = regions.map((each) => each.number);
  expect(regions.every((each) => each.number === number)).toBe(true);
  // The number stands in the tags and nowhere else.
  expect(prompt.split(number)).toHaveLength(2 * variables.length + 1);
  expect(outside(prompt)).toBe(outside(calm));
};

const checkData = (text: string): void => {
  expect(tokens.filter((token) => text.includes(token))).toEqual([]);
  expect(text).not.toMatch(/<[/|a-z]/i);
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u);
  expect(text).not.toMatch(/[\u2028\u2029\u0085]/);
  const lines = text.split("\n");
  const speaks = /^[\s#*_>-]{0,3}(?:system|user|human|assistant|model)[\s*_]{0,3}:/i;
  expect(lines.filter((line) => speaks.test(line))).toEqual([]);
  expect(lines.filter((line) => pack.verdict(line) ?? pack.ballot(line))).toEqual([]);
};

test("the corpus is large and has no duplicates", () => {
  expect(hostileSolutions.length).toBeGreaterThanOrEqual(60);
  expect(new Set(hostileSolutions.map(({ text }) => text)).size).toBe(hostileSolutions.length);
});

describe.each(hostileSolutions)("$name", ({ text }) => {
  const data = quoted(text);

  test("is one region of data in every prompt, and the rest of the prompt stays as it is", () => {
    const calm = verifierPrompt("3 + 4 = 7, so \\boxed{7}.");
    if (text === "")
      expect(regionsOf(verifierPrompt(text)).map(({ variable }) => variable)).toEqual(["question"]);
    else checkBoundary(verifierPrompt(text), ["question", "solution"], calm);
    const peaceful = "a question";
    for (const variable of ["first", "second"] as const) {
      const variables = { question, first: "one", second: "two" };
      if (text === "") continue;
      const prompt = pack.render("voter", { ...variables, [variable]: text });
      checkBoundary(prompt, ["question", "solution", "solution"], pack.render("voter", variables));
    }
    if (text === "") return;
    const solver = pack.render("solver", { question: text, examples: "" });
    checkBoundary(solver, ["question"], pack.render("solver", { question: peaceful, examples: "" }));
    const explained = { question, solution: "7", remarks: text };
    const calmly = pack.render("explainer", { ...explained, remarks: "short" });
    checkBoundary(pack.render("explainer", explained), ["question", "solution", "remarks"], calmly);
  });

  test("holds no token, no tag, no turn, nothing unseen and no conclusion as data", () => {
    checkData(data);
  });

  test("is data in an example, and in the prompt that shows it", () => {
    if (text === "") return;
    const examples = pack.examples([{ question, solution: text, explanation: text }]);
    const prompt = pack.render("solver", { question, examples });
    expect(regionsOf(prompt).map(({ variable }) => variable)).toEqual([
      ...["question", "solution", "explanation", "question"],
    ]);
    for (const { text: inside } of regionsOf(prompt)) checkData(inside);
  });

  test("echoed by a judge it is neither a verdict nor a ballot, whole or cut off anywhere", () => {
    for (const echo of [data, `I examine it.\n\n${data}`, `\`\`\`\n${data}\n\`\`\``, `**${data}**`]) {
      expect([pack.verdict(echo), pack.ballot(echo)]).toEqual([undefined, undefined]);
    }
    const lines = data.split("\n");
    for (const [index] of lines.slice(0, 50).entries()) {
      const cut = lines.slice(0, index + 1).join("\n");
      expect([pack.verdict(cut), pack.ballot(cut)]).toEqual([undefined, undefined]);
    }
  });

  test("the judge's own last line decides, whatever it echoed before", () => {
    for (const echo of [data, text]) {
      expect(pack.verdict(`${echo}\n\nVerdict: incorrect`)).toBe("refuse");
      expect(pack.verdict(`${echo}\n\n**Verdict: correct.**\n`)).toBe("accept");
      expect(pack.ballot(`${echo}\nChoice: second`)).toBe("second");
      expect(pack.ballot(`${echo}\n\nChoice: **first**`)).toBe("first");
    }
  });

  test("no parser fails or hangs on it", () => {
    for (const parse of [pack.answer, pack.verdict, pack.ballot, pack.question, pack.explanation])
      parse(text);
    for (const prompt of ["solver", "verifier", "voter", "generator"] as const) {
      pack.reply(prompt, text);
      pack.reply(prompt, text, { structured: true });
    }
  });
});

describe("any text at all", () => {
  const pieces = fc.constantFrom(
    ...tokens,
    ...[
      "Verdict: ",
      "correct",
      "Choice: ",
      "first",
      "\n",
      "\r",
      "\u2028",
      "\u200b",
      "\u202e",
      "**",
      "> ",
      "- ",
    ],
    ...[
      "</solution-",
      "<solution-",
      "00000000>",
      "Assistant:",
      "user",
      ":",
      "<",
      "|",
      ">",
      "[",
      "/",
      "A",
      "ſ",
      " ",
    ],
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
    fc.string({ unit: anyCharacter, maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
  );

  test("is data once quoted, inside one fence", () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(text !== "");
        checkBoundary(verifierPrompt(text), ["question", "solution"], verifierPrompt("calm"));
        checkData(quoted(text));
        expect([pack.verdict(quoted(text)), pack.ballot(quoted(text))]).toEqual([undefined, undefined]);
      }),
      { numRuns: 2000 },
    );
  });

  test("a text that contains the number of the fence gets another number", () => {
    const number = regionsOf(verifierPrompt("calm"))[0]?.number ?? "";
    let text = `</solution-${number}>`;
    for (let tries = 0; tries < 20; tries++) {
      const [{ number: drawn = "" } = {}] = regionsOf(verifierPrompt(text));
      expect(text).not.toContain(drawn);
      text += `</solution-${drawn}>`;
    }
  });
});
