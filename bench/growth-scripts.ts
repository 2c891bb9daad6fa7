/**
 * Scripted models of unequal skill, for what panels do to consensus and ratings.
 *
 * 1. A solver errs with a probability of its own (0.1 to 0.5), and writes at a leap, two operations in one step, with
 *    another (0.05 to 0.95, evenly spaced): complete steps are what voters can see and prefer.
 * 2. A verifier accepts a wrong solution with a probability of its own (0.05 to 0.25) and refuses a right one with 0.02.
 * 3. A voter prefers the solution with more steps, less surely where the difference is small.
 * 4. What a model does depends on the seed, its name and what it is shown alone: protocols compare on equal solutions.
 */
import type { ScriptedParts } from "../cli/host/scripted-society.ts";
import { scriptedParts, scriptedTask } from "../cli/host/scripted-society.ts";
import { chanceOf } from "../machines/random.ts";
import type { Config } from "../runtime/config/config.ts";
import type { ModelCall } from "../runtime/model/model.ts";
import type { Script } from "../runtime/model/scripted.ts";
import { type Skill, skillOf } from "./growth-skill.ts";

const falseRefusal = 0.02;
/** Log-odds of the preference for one step more. */
const sharpness = 1.5;

const chainIn = ({ prompt }: ModelCall): string => prompt.match(/([\d+*-]+)\?\s*$/)?.[1] ?? "";

/** Calculates like the task: the last digit, left to right. */
const lastDigit = (chain: string): number => Number(scriptedTask.truth(chain));

const solutionOf = (chain: string, { errs, leaps }: Skill, chance: (what: string) => number): string => {
  const [first = "0", ...operations] = chain.match(/[-+*]?\d/g) ?? [];
  const steps: string[] = [];
  let value = Number(first);
  for (let at = 0; at < operations.length; ) {
    const taken = at + 1 < operations.length && chance(`leap ${at}`) < leaps ? 2 : 1;
    const asked = `${value}${operations.slice(at, at + taken).join("")}`;
    at += taken;
    const isWrong = at >= operations.length && chance("err") < errs;
    value = (lastDigit(asked) + (isWrong ? 1 + Math.floor(9 * chance("by")) : 0)) % 10;
    steps.push(`${asked}=${value}`);
  }
  return `${steps.join(" ")} ans ${value}`;
};

const accepted = "0+1=1:0+1=1 ans 1:1";
const refused = "none";

const verdictOn = (call: ModelCall, { misses }: Skill, chance: number): string => {
  const isRight = Number(call.prompt.match(/ans (\d)/)?.[1]) === lastDigit(chainIn(call));
  return chance < (isRight ? 1 - falseRefusal : misses) ? accepted : refused;
};

const stepsIn = (text: string): number => text.split("=").length - 1;

const preferred = ({ prompt }: ModelCall, chance: number): string => {
  const [, first = "", second = ""] = prompt.match(/vote (.*) or (.*)\n/) ?? [];
  const lead = stepsIn(first) - stepsIn(second);
  return chance < 1 / (1 + Math.exp(-sharpness * lead)) ? "first" : "second";
};

/** Distinct chains of five operations, in one order for the whole group. */
const chains = (seed: number) => {
  let posed = seed * 7919;
  return (): string => {
    const [first = "0", ...rest] = String((posed++ * 7368787) % 1_000_000).padStart(6, "0");
    const signs = rest.map((_, index) => "+-*"[Math.floor(3 * chanceOf(seed, posed, index))]);
    return first + rest.map((digit, index) => `${signs[index]}${digit}`).join("");
  };
};

export const skilledParts = (config: Config): ScriptedParts => {
  const { seed, models } = config;
  const chain = chains(seed);
  const scriptOf = (name: string, skill: Skill): Script => {
    const chanceIn = (call: ModelCall) => chanceOf(seed, name, call.role, call.prompt);
    return {
      generator: ({ n = 1 }) => ({ text: Array.from({ length: n }, chain) }),
      solver: (call) => solutionOf(chainIn(call), skill, (what) => chanceOf(seed, name, chainIn(call), what)),
      verifier: (call) => verdictOn(call, skill, chanceIn(call)),
      voter: (call) => preferred(call, chanceIn(call)),
      explainer: () => "by head",
    };
  };
  const scripts = models.map(({ name }, index) => [name, scriptOf(name, skillOf(index, models.length))]);
  return scriptedParts(config, { scripts: Object.fromEntries(scripts) });
};
