/**
 * A custom task: chains of sums, differences and products over Roman numerals, such as `XIV + IX - III`, evaluated from
 * left to right. Its prompts are in pack/; roman.yaml names both.
 *
 * 1. Every intermediate result is a numeral. Other chains must not be posed; there is no zero.
 * 2. One chain in ten is held out for the anchor, and one for each benchmark. These must not be posed either.
 */
import { chanceOf, hashOf } from "../../machines/random.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Problem, Task } from "../../runtime/task.ts";
import { numeralOf, worthOf } from "./numerals.ts";

const operators = ["+", "-", "*"] as const;
type Operator = (typeof operators)[number];

const apply = (left: number, operator: string, right: number): number => {
  if (operator === "+") return left + right;
  return operator === "-" ? left - right : left * right;
};

/** The result of a chain; undefined for other texts, or if an intermediate result is not a numeral. */
export const resultOf = (question: string): string | undefined => {
  const [first = "", ...rest] = question.trim().split(/\s+/);
  if (rest.length === 0 || rest.length % 2 === 1) return undefined;
  let result = worthOf(first);
  for (let index = 0; index < rest.length; index += 2) {
    const [operator = "", right] = [rest[index], worthOf(rest[index + 1] ?? "")];
    if (result === undefined || right === undefined || !operators.some((known) => known === operator))
      return undefined;
    result = worthOf(numeralOf(apply(result, operator, right)) ?? "");
  }
  return result === undefined ? undefined : numeralOf(result);
};

/** What a chain is held out for, by its hash; undefined for most chains. */
const reserves = ["anchor", "short", "long"] as const;
type Reserve = (typeof reserves)[number];
const reserveOf = (question: string): Reserve | undefined => reserves[hashOf("roman", question) % 10];

const lengths: Readonly<Record<Reserve, readonly [number, number]>> = {
  ...{ anchor: [1, 3], short: [1, 3], long: [4, 6] },
};

const between = (low: number, high: number, ...words: readonly (string | number)[]): number =>
  low + Math.floor(chanceOf(...words) * (high - low + 1));

const drawnChain = (reserve: Reserve, ...words: readonly (string | number)[]): string => {
  const [shortest, longest] = lengths[reserve];
  const steps = between(shortest, longest, "steps", ...words);
  const numeral = (index: number) => numeralOf(between(1, 39, "numeral", index, ...words)) ?? "I";
  const operator = (index: number): Operator => operators[between(0, 2, "operator", index, ...words)] ?? "+";
  return Array.from({ length: steps }, (_, index) => `${operator(index)} ${numeral(index + 1)}`).reduce(
    (chain, step) => `${chain} ${step}`,
    numeral(0),
  );
};

/** `size` different chains of a reserve, the same for the same seed. */
const drawn = (reserve: Reserve, size: number, seed: number): Problem[] => {
  const problems = new Map<string, Problem>();
  for (let draw = 0; problems.size < size; draw += 1) {
    const question = drawnChain(reserve, seed, draw);
    const answer = resultOf(question);
    if (answer === undefined || reserveOf(question) !== reserve) continue;
    problems.set(question, { id: `${reserve}/${question}`, question, answer });
  }
  return [...problems.values()];
};

class UnknownBenchmark extends AgoraError<"ROMAN_BENCHMARK"> {
  constructor(name: string) {
    super("ROMAN_BENCHMARK", `no benchmark is called ${name}`, { expected: "short or long" });
  }
}

const isBenchmark = (name: string): name is "short" | "long" => name === "short" || name === "long";

export const task: Task = {
  name: "roman",
  topics: ["sums", "differences", "products", "sums and differences", "all three operations"],
  anchor: (size, seed) => drawn("anchor", size, seed),
  benchmarks: ["short", "long"],
  benchmark: (name, size, seed) => {
    if (isBenchmark(name)) return drawn(name, size, seed);
    throw new UnknownBenchmark(name);
  },
  grade: ({ answer }, given) => given?.toUpperCase() === answer,
  contamination: (question) => {
    if (resultOf(question) === undefined) return "an intermediate result is not a Roman numeral";
    const reserve = reserveOf(question);
    return reserve === undefined ? undefined : `contaminated: held out for ${reserve}`;
  },
  truth: resultOf,
};
