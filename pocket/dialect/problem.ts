import { type Chain, chainText, equationText, OPERATORS, type Operator, parseChain } from "./arithmetic.ts";

/**
 * The families of problems in a corpus:
 * - `chain`: digits, left to right, modulo 10 (`7*8-3`);
 * - `story`: the same in words (`tom has 7 times 8 loses 3 how many`);
 * - `tens`: a two-digit number and digits, left to right, modulo 100 (`37+8*4`);
 * - `back`: the number that sums and differences lead from (`x+7-3=5`).
 */
export const FAMILIES = ["chain", "story", "tens", "back"] as const;
/** `mixed` is in no corpus: a story that begins with a bare chain (`tom has 7*8 loses 3 how many`). */
export type Family = (typeof FAMILIES)[number] | "mixed";

/** A problem; the chain of `back` starts from the known result. */
export interface Problem {
  readonly family: Family;
  readonly chain: Chain;
}

export const NAMES = ["tom", "ann", "bob", "eva", "sam", "mia"] as const;
export const VERBS: Readonly<Record<Operator, readonly string[]>> = {
  "+": ["finds", "wins"],
  "-": ["loses", "eats"],
  "*": ["times"],
};

const OPERATOR_OF = new Map(OPERATORS.flatMap((operator) => VERBS[operator].map((verb) => [verb, operator])));

/** Picks one item of a list; it varies the stories. */
export type Pick = <Item>(items: readonly Item[]) => Item;

/** A story whose first `bare` operations are written as a chain. */
export const storyText = (chain: Chain, pick: Pick, bare = 0): string => {
  const begun = chainText({ ...chain, operations: chain.operations.slice(0, bare) });
  const events = chain.operations
    .slice(bare)
    .map(({ operator, operand }) => ` ${pick(VERBS[operator])} ${operand}`);
  return `${pick(NAMES)} has ${begun}${events.join("")} how many`;
};

/** A problem's text. Only stories have several. */
export const problemText = ({ chain, family }: Problem, pick: Pick): string => {
  if (family === "chain" || family === "tens") return chainText(chain);
  if (family === "back") return equationText(chain);
  return storyText(chain, pick, family === "mixed" ? Math.ceil(chain.operations.length / 2) : 0);
};

/** How a problem of each family is to be read, in one sentence. */
export const RULES: Readonly<Record<Family, string>> = {
  chain: "Worked left to right; of every step only the last digit counts.",
  story: "Worked in the order told; of every step only the last digit counts.",
  tens: "Worked left to right; of every step only the last two digits count.",
  back: "Find the x from which the steps, left to right, lead to the number after the equals sign; of every step only the last digit counts.",
  mixed: "Worked in the order told; of every step only the last digit counts.",
};

/** The problem of a text of any family; undefined if the text is not a problem. */
export const parseProblem = (text: string): Problem | undefined => {
  const chain = parseChain(text);
  if (chain) return { chain, family: chain.modulus === 100 ? "tens" : "chain" };
  return parseBack(text) ?? parseStory(text);
};

const parseBack = (text: string): Problem | undefined => {
  const [, operations = "", result] = /^x((?:[-+]\d)+)=(\d)$/.exec(text) ?? [];
  const chain = result === undefined ? undefined : parseChain(result + operations);
  return chain && { chain, family: "back" };
};

const parseStory = (text: string): Problem | undefined => {
  const match = /^([a-z]+) has (\d)((?:[-+*]\d)*)((?: [a-z]+ \d)+) how many$/.exec(text);
  const [, name, first, bare = "", events = ""] = match ?? [];
  if (!match || !NAMES.some((known) => known === name)) return undefined;
  const operations = [...(parseChain(`${first}${bare}`)?.operations ?? [])];
  for (const [, verb = "", operand] of events.matchAll(/ ([a-z]+) (\d)/g)) {
    const operator = OPERATOR_OF.get(verb) as Operator | undefined;
    if (!operator) return undefined;
    operations.push({ operator, operand: Number(operand) });
  }
  const chain = { modulus: 10, first: Number(first), operations } as const;
  return { chain, family: bare === "" ? "story" : "mixed" };
};
