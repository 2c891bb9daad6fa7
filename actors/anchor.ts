/** The external anchor: asks a model all problems of the validation set, zero-shot and with elite examples. */
import { fromPromise } from "xstate";
import { anchorMachine, type Measured, type Measurement, readingMachine } from "../machines/anchor.ts";
import type { Accuracy, Answer, Tokens } from "../runtime/messages.ts";
import type { Problem, Validation } from "../runtime/task.ts";
import { type AgentType, planOf, type Tools } from "./agent.ts";
import { PermanentError } from "./attempts.ts";
import { askModel, type Question } from "./roles/ask.ts";
import { asModel, overflowOf, renderExamples } from "./roles/prompting.ts";

/** Problems, and the grader of their answers. */
export interface Exam {
  readonly problems: readonly Problem[];
  /** Answers per problem. Default: 1. */
  readonly samples?: number;
  readonly grader: Pick<Validation, "grade" | "answer">;
}

interface Replied {
  /** Undefined if it was cut off. */
  readonly reply: string | undefined;
  readonly tokens: Tokens;
}

/** The reply to one problem. A failed call is repeated with the same seed, so that readings stay paired. */
const replyTo = async (asked: Tools, question: Question, signal: AbortSignal): Promise<Replied> => {
  for (let failures = 1; ; failures += 1) {
    try {
      const {
        texts: [reply],
        tokens,
      } = await askModel(asked, question, signal);
      return { reply, tokens };
    } catch (error) {
      if (failures >= asked.config.workAttempts || error instanceof PermanentError || signal.aborted)
        throw error;
    }
  }
};

/** A problem's text may be quoted in an answer to it. */
const shownAnswer = ({ isConfidential, isChoice }: Problem, answer: string): string | undefined =>
  isConfidential && !(isChoice && answer.length <= 1) ? undefined : answer;

const graded = async (
  { pack }: Tools,
  grader: Exam["grader"],
  problem: Problem,
  reply: string | undefined,
): Promise<Answer> => {
  if (reply === undefined) return { problem: problem.id, right: false, flaw: "cut off" };
  const answer = grader.answer?.(problem, reply) ?? pack.answer(reply);
  const grade = await grader.grade(problem, answer);
  if (answer === undefined) return { problem: problem.id, right: grade === true, flaw: "no answer" };
  const shown = shownAnswer(problem, answer);
  const flaw = grade === "undecided" ? ({ flaw: grade } as const) : {};
  return {
    problem: problem.id,
    ...(shown === undefined ? {} : { answer: shown }),
    right: grade === true,
    ...flaw,
  };
};

interface Asked {
  readonly model: string;
  readonly adapter: number;
  readonly examples: string;
}

/** Answers that are known already, and what is told of new ones. */
export interface Progress {
  answered(problem: string, sample: number): Answer | undefined;
  onAnswer(answer: Answer): void;
}

const noProgress: Progress = { answered: () => undefined, onAnswer: () => {} };

/**
 * Answers to each problem at the run's temperature, in the order of the problems, with the same seeds for every version:
 * readings are paired. Examples that do not fit into the model's context are left out; a reply that was cut off counts as
 * wrong.
 */
export const answersOf = (
  tools: Tools,
  { problems, samples = 1, grader }: Exam,
  { model, adapter, examples }: Asked,
  signal: AbortSignal,
  progress: Progress = noProgress,
): Promise<Answer[]> => {
  const asked = asModel(tools, model);
  const answerTo = async (problem: Problem, sample: number): Promise<Answer> => {
    const shown = { question: problem.question, examples };
    const variables = overflowOf(asked, "solver", shown) ? { ...shown, examples: "" } : shown;
    const question = { prompt: "solver", variables, id: problem.id, attempt: sample, adapter } as const;
    const { reply, tokens } = await replyTo(asked, question, signal);
    const numbered = samples === 1 ? {} : { sample };
    const answer = { ...(await graded(asked, grader, problem, reply)), ...numbered, tokens };
    progress.onAnswer(answer);
    return answer;
  };
  return Promise.all(
    problems.flatMap((problem) =>
      Array.from(
        { length: samples },
        (_, sample) => progress.answered(problem.id, sample) ?? answerTo(problem, sample),
      ),
    ),
  );
};

/** The accuracy of those answers. */
export const accuracyOf = async (...given: Parameters<typeof answersOf>): Promise<Accuracy> => {
  const answers = await answersOf(...given);
  const marks = answers.map(({ right }) => (right ? "1" : "0")).join("");
  return { correct: answers.filter(({ right }) => right).length, total: answers.length, marks };
};

type Figures = Pick<Measured, "zeroShot" | "eliteShot">;

const figures = async (
  tools: Tools,
  exam: Exam,
  { model, exemplars }: Measurement,
  adapter: number,
  signal: AbortSignal,
): Promise<Figures> => {
  const zeroShot = await accuracyOf(tools, exam, { model, adapter, examples: "" }, signal);
  if (exemplars.length === 0) return { zeroShot, eliteShot: zeroShot };
  const examples = renderExamples(asModel(tools, model), exemplars);
  const eliteShot = await accuracyOf(tools, exam, { model, adapter, examples }, signal);
  return { zeroShot, eliteShot };
};

const measure = async (
  tools: Tools,
  validation: Validation,
  measurement: Measurement,
  signal: AbortSignal,
): Promise<Measured> => {
  const { adapter, against } = measurement;
  const { anchorSize, seed } = tools.config;
  const exam: Exam = { problems: validation.anchor(anchorSize, seed), grader: validation };
  const measured = await figures(tools, exam, measurement, adapter, signal);
  if (against === undefined) return measured;
  const other = await figures(tools, exam, measurement, against, signal);
  return { ...measured, against: { adapter: against, ...other } };
};

/** The only agent that knows right answers; it publishes accuracies only. */
export const anchorOf = (validation: Validation): AgentType => ({
  kind: "anchor",
  member: false,
  essential: true,
  plan: (tools) => {
    const reading = readingMachine.provide({
      actors: { measure: fromPromise(({ input, signal }) => measure(tools, validation, input, signal)) },
    });
    return planOf("anchor", anchorMachine.provide({ actors: { reading } }), { settings: tools.config });
  },
});
