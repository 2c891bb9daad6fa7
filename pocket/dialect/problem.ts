import { type Chain, chainText, OPERATORS, type Operator, parseChain } from "./arithmetic.ts";

/** The two ways of posing a chain: bare (`7*8-3`) and as a story (`tom has 7 times 8 loses 3 how many`). */
export const FAMILIES = ["chain", "story"] as const;
export type Family = (typeof FAMILIES)[number];

export const NAMES = ["tom", "ann", "bob", "eva", "sam", "mia"] as const;
export const VERBS: Readonly<Record<Operator, readonly string[]>> = {
  "+": ["finds", "wins"],
  "-": ["loses", "eats"],
  "*": ["times"],
};

const OPERATOR_OF = new Map(OPERATORS.flatMap((operator) => VERBS[operator].map((verb) => [verb, operator])));

/** Picks one of a list: the source of a story's variety. */
export type Pick = <Item>(items: readonly Item[]) => Item;

export function storyText(chain: Chain, pick: Pick): string {
  const events = chain.operations.map(({ operator, operand }) => ` ${pick(VERBS[operator])} ${operand}`);
  return `${pick(NAMES)} has ${chain.first}${events.join("")} how many`;
}

export function problemText(chain: Chain, family: Family, pick: Pick): string {
  return family === "chain" ? chainText(chain) : storyText(chain, pick);
}

/** The chain under a problem of either family; undefined if the text poses none. */
export function parseProblem(text: string): { readonly chain: Chain; readonly family: Family } | undefined {
  const chain = parseChain(text);
  if (chain) return { chain, family: "chain" };
  const story = parseStory(text);
  return story && { chain: story, family: "story" };
}

function parseStory(text: string): Chain | undefined {
  const told = /^([a-z]+) has (\d)((?: [a-z]+ \d)+) how many$/.exec(text);
  if (!told?.[2] || !told[3] || !NAMES.some((name) => name === told[1])) return undefined;
  const operations = [];
  for (const [, verb = "", operand] of told[3].matchAll(/ ([a-z]+) (\d)/g)) {
    const operator = OPERATOR_OF.get(verb) as Operator | undefined;
    if (!operator) return undefined;
    operations.push({ operator, operand: Number(operand) });
  }
  return { first: Number(told[2]), operations };
}
