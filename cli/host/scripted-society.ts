/** A whole society without language models or training, for tests and benchmarks: every part is a twin. */
import { fileURLToPath } from "node:url";
import { loadPack } from "../../prompts/pack.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import { type Script, type ScriptedModel, scriptedModel } from "../../runtime/model/scripted.ts";
import type { Task } from "../../runtime/task.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import type { Parts } from "./host.ts";

/** Last digit of a chain, left to right. */
const evaluate = (chain: string): { steps: string; answer: number } => {
  const [first = "0", ...rest] = chain.match(/[-+*]?\d/g) ?? [];
  let value = Number(first);
  const steps = rest.map((step) => {
    const operand = Number(step.slice(1));
    const before = value;
    const raw = step[0] === "+" ? value + operand : step[0] === "-" ? value - operand : value * operand;
    value = ((raw % 10) + 10) % 10;
    return `${before}${step}=${value}`;
  });
  return { steps: steps.join(" "), answer: value };
};

/** The chain a prompt asks about: the last one before a question mark. */
const askedChain = ({ prompt }: ModelCall): string => prompt.match(/([\d+*-]+)\?\s*$/)?.[1] ?? "";

const shownAnswer = ({ prompt }: ModelCall): string => prompt.match(/ans (\d)/)?.[1] ?? "?";

export const soundSolution = (call: ModelCall): string => {
  const { steps, answer } = evaluate(askedChain(call));
  return `${steps} ans ${answer}`;
};

/** Judges only the answer: scripted solvers may show no steps. */
const verdict = (call: ModelCall): string => {
  const said = shownAnswer(call);
  const { steps, answer } = evaluate(askedChain(call));
  const checked = steps.split(" ").map((step) => `${step}:${step} `);
  return `${checked.join("")}ans ${said}:${answer}`;
};

/** A model that poses distinct chains and never errs. */
export const soundScript = (seed: number): Script => {
  let posed = seed * 7919;
  const chain = () => {
    const digits = String((posed++ * 7368787) % 1_000_000).padStart(6, "0");
    return [...digits]
      .join("+")
      .replace("+", "*")
      .replace(/\+(\d)$/, "-$1");
  };
  return {
    generator: ({ n = 1 }) => ({ text: Array.from({ length: n }, chain) }),
    solver: soundSolution,
    verifier: verdict,
    voter: () => "first",
    explainer: () => "by head",
    "*": () => "fine",
  };
};

/** A sound script with delayed answers, so that a run can be watched and leaves the processor to others. */
export const slowScript = (seed: number, delaySeconds: number): Script =>
  Object.fromEntries(
    Object.entries(soundScript(seed)).map(([role, answer]) => [
      role,
      (call) => {
        const reply = typeof answer === "function" ? answer(call) : "";
        return typeof reply === "string" ? { text: reply, delaySeconds } : { ...reply, delaySeconds };
      },
    ]),
  );

/** Slow scripts, by name. */
export const slowScripts = (
  names: readonly string[],
  delaySeconds: number,
): Readonly<Record<string, Script>> =>
  Object.fromEntries(names.map((name, seed) => [name, slowScript(seed, delaySeconds)]));

/** A task with one anchor problem and no contamination. */
export const scriptedTask: Task = {
  name: "scripted",
  anchor: () => [{ id: "anchor-0", question: "1+2", answer: "3" }],
  benchmarks: ["scripted"],
  benchmark: () => [{ id: "benchmark-0", question: "2+2", answer: "4" }],
  grade: ({ answer }, given) => answer === given,
  contamination: () => undefined,
  truth: (question) => String(evaluate(question).answer),
};

export interface ScriptedParts extends Parts {
  readonly scripted: readonly ScriptedModel[];
}

export const pocketPack = fileURLToPath(new URL("../../prompts/pocket/", import.meta.url));

export const scriptedParts = (
  config: Config,
  {
    bus = createMemoryBus(),
    scripts = {},
    training = new TwinTraining(),
    ignoring = [],
  }: {
    bus?: Bus;
    /** By agent name; other models never err. */
    scripts?: Readonly<Record<string, Script>>;
    training?: TrainingBackend;
    /** Agents whose endpoint accepts adapters but does not apply them. */
    ignoring?: readonly string[];
  } = {},
): ScriptedParts => {
  const scripted: ScriptedModel[] = [];
  return {
    scripted,
    bus,
    task: scriptedTask,
    training,
    pack: loadPack(pocketPack),
    models: async (onUsage) => {
      for (const [index, { name }] of config.models.entries()) {
        const script = { ...soundScript(config.seed + index), ...scripts[name] };
        scripted.push(scriptedModel({ name, script, onUsage, ignoresAdapters: ignoring.includes(name) }));
      }
      return scripted;
    },
    close: () => bus.close(),
  };
};
