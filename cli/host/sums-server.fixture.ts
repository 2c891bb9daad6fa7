/** A fake language model behind OpenAI's interface: it speaks English and can only add numbers. */
import {
  type FixtureOptions,
  type FixtureReply,
  type FixtureRequest,
  type ModelFixture,
  startModelFixture,
} from "../../runtime/model/model-server.fixture.ts";

export interface SumsOptions extends FixtureOptions {
  /** Makes its problems distinct: the models of a society need different seeds. */
  readonly seed?: number;
  /** Like Gemma's chat template: a system message is an error. */
  readonly refusesSystem?: boolean;
  /** Like Qwen3: thinks unless the request turns it off. */
  readonly thinks?: boolean;
  /** Ignores `n`. */
  readonly single?: boolean;
  /** Replaces the reply to some requests with a fault or another text. */
  readonly instead?: (request: FixtureRequest, role: Role) => FixtureReply | undefined;
}

export type Role = "generator" | "solver" | "verifier" | "voter" | "explainer";

const marks: Readonly<Record<Role, string>> = {
  generator: "Write one new problem.",
  solver: "Solve this problem.",
  verifier: "Examine the solution",
  voter: "Compare the first solution",
  explainer: "Your solution:",
};

export const promptOf = ({ messages }: FixtureRequest): string =>
  messages.map(({ content }) => content).join("\n\n");

export const roleOf = (request: FixtureRequest): Role => {
  const prompt = promptOf(request);
  const found = Object.entries(marks).find(([, mark]) => prompt.includes(mark));
  if (found === undefined) throw new Error(`no role fits the prompt ${JSON.stringify(prompt.slice(-200))}`);
  return found[0] as Role;
};

/** The last quotation of a variable. */
export const dataIn = (prompt: string, variable: string): string =>
  [...prompt.matchAll(new RegExp(`<${variable}-(\\w{8})>\\n([\\s\\S]*?)\\n</${variable}-\\1>`, "g"))].at(
    -1,
  )?.[2] ?? "";

const sumIn = (question: string): number =>
  (question.match(/\d+/g) ?? []).reduce((sum, number) => sum + Number(number), 0);

const solution = (question: string): string => {
  const numbers = question.match(/\d+/g) ?? [];
  return `I add the numbers.\n\n${numbers.join(" + ")} = ${sumIn(question)}, so the answer is \\boxed{${sumIn(question)}}.`;
};

const examination = (prompt: string): { examination: string; verdict: "correct" | "incorrect" } => {
  const sum = sumIn(dataIn(prompt, "question"));
  const claimed = dataIn(prompt, "solution")
    .match(/\\boxed\{(-?\d+)\}/g)
    ?.at(-1);
  const verdict = claimed === `\\boxed{${sum}}` ? "correct" : "incorrect";
  return { examination: `The numbers add up to ${sum}.`, verdict };
};

/** A request of `agora doctor`, or of the checks before a run: a bare sum. */
const isProbe = ({ messages }: FixtureRequest): boolean =>
  messages.every(({ content }) => /^\d+\+\d+\?$/.test(content));

const probed = (request: FixtureRequest): readonly string[] => {
  const sum = String(sumIn(request.messages[0]?.content ?? ""));
  const text = request.response_format ? JSON.stringify({ answer: sum }) : sum;
  return Array.from({ length: request.n ?? 1 }, () => text);
};

/** Problems with four numbers, different for every call and seed. */
const problemsOf = (seed: number) => {
  let made = 0;
  return (): string => {
    const index = made++;
    const numbers = [seed + 1, 1 + (index % 90), 100 + Math.floor(index / 90), 7 + (index % 13)];
    return `Problem: A shop sells ${numbers.join(", ")} pens on four days. How many pens is that in all?`;
  };
};

export const startSumsServer = (options: SumsOptions = {}): Promise<ModelFixture> => {
  const { seed = 0, refusesSystem, thinks, single, instead, ...rest } = options;
  const problem = problemsOf(seed);
  const textFor = (role: Role, request: FixtureRequest): string | readonly string[] => {
    const prompt = promptOf(request);
    switch (role) {
      case "generator":
        return Array.from({ length: request.n ?? 1 }, problem);
      case "solver":
        return solution(dataIn(prompt, "question"));
      case "verifier": {
        const examined = examination(prompt);
        if (request.response_format) return JSON.stringify(examined);
        return `${examined.examination}\n\n**Verdict:** ${examined.verdict}`;
      }
      case "voter":
        return request.response_format
          ? '{"comparison": "Both are right.", "choice": "first"}'
          : "Both are right.\nChoice: first";
      case "explainer":
        return "I added the numbers one after another.";
    }
  };
  const reply = (request: FixtureRequest): FixtureReply => {
    if (refusesSystem && request.messages.some((each) => each.role === "system")) return { fail: 400 };
    const role = isProbe(request) ? undefined : roleOf(request);
    const other = role && instead?.(request, role);
    if (other !== undefined) return other;
    const text = role === undefined ? probed(request) : textFor(role, request);
    const kwargs = request.chat_template_kwargs as { enable_thinking?: boolean } | undefined;
    const thought = thinks && kwargs?.enable_thinking !== false ? "<think>\nHm.\n</think>\n\n" : "";
    const said = typeof text === "string" ? `${thought}${text}` : text.map((each) => `${thought}${each}`);
    return { text: said, ...(single ? { ignoresN: true } : {}) };
  };
  return startModelFixture(reply, rest);
};
