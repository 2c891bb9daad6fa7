/** The port of the domain a society works on: problems, grading and benchmarks. Implementations: experiments/tasks. */

export interface Problem {
  /** The same for every seed that draws the problem, and of no other: experiments know by it what seeds share. */
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** The answer is the letter of a choice in the question. */
  readonly isChoice?: boolean;
  /** Its text must not be published: no message, report or error shows it. */
  readonly isConfidential?: boolean;
}

/** Whether an answer is right. `undecided` counts as wrong, and is recorded. */
export type Grade = boolean | "undecided";

/** Parses the replies of the roles other than the solver; a prompt pack implements it. */
export interface RoleReader {
  verdict(reply: string): "accept" | "refuse" | undefined;
  ballot(reply: string): "first" | "second" | undefined;
  explanation(reply: string): string | undefined;
}

/** A prompt for a role with a known good reply, and the figure in which it is counted. */
export interface RoleCase {
  readonly role: "verifier" | "voter" | "explainer";
  readonly figure: string;
  readonly variables: Readonly<Record<string, string>>;
  isGood(reply: string): boolean;
}

export interface Task {
  readonly name: string;
  /** Topics of questions; a generator draws one per call, a topic that is named twice twice as often. Default: prompts name no topic. */
  readonly topics?: readonly string[];
  /** The external validation set for the anchor and the gate; it is never a benchmark. */
  anchor(size: number, seed: number): readonly Problem[];
  /**
   * Training problems with answers, for baselines that learn from them; none is in the anchor or a benchmark. Fewer
   * than `size` if there are no more. Undefined: the task has none. The society never sees them.
   */
  pool?(size: number, seed: number): readonly Problem[];
  /** Benchmarks by name; the first is the in-domain one. */
  readonly benchmarks: readonly string[];
  benchmark(name: string, size: number, seed: number): readonly Problem[];
  /** Samples per problem of a benchmark. Default: 1. */
  samples?(benchmark: string): number;
  /** Grades an answer that `answer` or the prompt pack found. It may take its time: equality of formulas does. */
  grade(problem: Problem, answer: string | undefined): Grade | Promise<Grade>;
  /** The final answer in a reply to a problem of its own. Default, and where it finds none: what the prompt pack finds. */
  answer?(problem: Problem, reply: string): string | undefined;
  /** The reason not to pose a question in normal form, such as overlap with a benchmark; undefined: it may be posed. */
  contamination(question: string): string | undefined;
  /** The exact answer, if known. For reports only, where `grade` grades at once: agents never see it. */
  truth(question: string): string | undefined;
  /** How a question is to be read, if its text does not say so. For viewers only. */
  rule?(question: string): string | undefined;
  /** Whether a solution shows its steps and all are right; undefined if the task cannot check. For reports only. */
  sound?(question: string, solution: string): boolean | undefined;
  /** What a refusing verdict objects to, in words, if its text does not say so. For viewers only. */
  objection?(verdict: string): string | undefined;
  /** What the problems of each benchmark are, in a few words for readers who know only their names. */
  readonly aboutBenchmarks?: Readonly<Record<string, string>>;
  /** `count` prompts for each figure. For reports only. */
  roleCases?(reader: RoleReader, count: number, seed: number): readonly RoleCase[];
}

/** The part of a task that agents see: it contains no answers. */
export type TaskView = Pick<Task, "name" | "topics" | "contamination">;

/** The external validation set, which only the anchor sees. */
export type Validation = Pick<Task, "anchor" | "grade" | "answer">;

/** A new object, so that its holder cannot reach the task. */
export const validationOf = (task: Task): Validation => ({
  anchor: (size, seed) => task.anchor(size, seed),
  grade: (problem, answer) => task.grade(problem, answer),
  answer: (problem, reply) => task.answer?.(problem, reply),
});

/** Whether an answer is right; undefined if the task does not know at once. */
export const gradeAtOnce = (
  task: Pick<Task, "grade">,
  ...given: Parameters<Task["grade"]>
): boolean | undefined => {
  const grade = task.grade(...given);
  return typeof grade === "boolean" ? grade : undefined;
};

export const viewOf = (task: Task): TaskView => ({
  name: task.name,
  ...(task.topics === undefined ? {} : { topics: [...task.topics] }),
  contamination: (question) => task.contamination(question),
});
