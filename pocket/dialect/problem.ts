import { type Chain, chainText, OPERATORS, type Operator, parseChain } from "./arithmetic.ts";

/** The forms of a problem in a corpus: a bare chain (`7*8-3`) or a story (`tom has 7 times 8 loses 3 how many`). */
export const FAMILIES = ["chain", "story"] as const;
/** `mixed` is in no corpus: a story that begins with a bare chain (`tom has 7*8 loses 3 how many`). */
export type Family = (typeof FAMILIES)[number] | "mixed";

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

export const problemText = (chain: Chain, family: Family, pick: Pick): string => {
  if (family === "chain") return chainText(chain);
  return storyText(chain, pick, family === "mixed" ? Math.ceil(chain.operations.length / 2) : 0);
};

/** How a problem of each family is to be read, in one sentence. */
export const RULES: Readonly<Record<Family, string>> = {
  chain: "Worked left to right; of every step only the last digit counts.",
  story: "Worked in the order told; of every step only the last digit counts.",
  mixed: "Worked in the order told; of every step only the last digit counts.",
};

/** The chain of a problem of any family; undefined if the text is not a problem. */
export const parseProblem = (
  text: string,
): { readonly chain: Chain; readonly family: Family } | undefined => {
  const chain = parseChain(text);
  if (chain) return { chain, family: "chain" };
  return parseStory(text);
};

const parseStory = (text: string): { readonly chain: Chain; readonly family: Family } | undefined => {
  const match = /^([a-z]+) has (\d)((?:[-+*]\d)*)((?: [a-z]+ \d)+) how many$/.exec(text);
  const [, name, first, bare = "", events = ""] = match ?? [];
  if (!match || !NAMES.some((known) => known === name)) return undefined;
  const operations = [...(parseChain(`${first}${bare}`)?.operations ?? [])];
  for (const [, verb = "", operand] of events.matchAll(/ ([a-z]+) (\d)/g)) {
    const operator = OPERATOR_OF.get(verb) as Operator | undefined;
    if (!operator) return undefined;
    operations.push({ operator, operand: Number(operand) });
  }
  return { chain: { first: Number(first), operations }, family: bare === "" ? "story" : "mixed" };
};
