/** What a society works on: the external world behind the protocol. Implementations live in experiments/tasks. */

export interface Problem {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
}

/** What reads the replies of the roles beside solving: a prompt pack's parsers. */
export interface RoleReader {
  verdict(reply: string): "accept" | "refuse" | undefined;
  ballot(reply: string): "first" | "second" | undefined;
  explanation(reply: string): string | undefined;
}

/** A request in a role whose good reply is known, and the figure it counts towards. */
export interface RoleCase {
  readonly role: "verifier" | "voter" | "explainer";
  readonly figure: string;
  readonly slots: Readonly<Record<string, string>>;
  isGood(reply: string): boolean;
}

export interface Task {
  readonly name: string;
  /** What questions may be about; generators draw one for each call. Default: they are told none. */
  readonly topics?: readonly string[];
  /** The external validation set that anchors and gates are measured on: never a benchmark. */
  anchor(size: number, seed: number): readonly Problem[];
  /** Benchmarks by name; the first is the in-domain one. */
  readonly benchmarks: readonly string[];
  benchmark(name: string, size: number, seed: number): readonly Problem[];
  /** Whether an answer, as the prompt pack extracts it, is right. */
  grade(problem: Problem, answer: string | undefined): boolean;
  /** Why a question in normal form must not be posed, such as an overlap with a benchmark. */
  contamination(question: string): string | undefined;
  /** The exact answer, where the task knows one: for reports only, agents never see it. */
  truth(question: string): string | undefined;
  /** Whether a solution shows its reasoning and every step of it is right, where the task can tell: for reports only. */
  sound?(question: string, solution: string): boolean | undefined;
  /** `count` requests of each figure, where the task has any: for reports only. */
  roleCases?(reader: RoleReader, count: number, seed: number): readonly RoleCase[];
}

/** What agents may know of a task: nothing here tells what is right. */
export type TaskView = Pick<Task, "name" | "topics" | "contamination">;

/** The external validation set: for the anchor, and for no other agent. */
export type Validation = Pick<Task, "anchor" | "grade">;

/** Objects of their own: the task cannot be reached through them. */
export const validationOf = (task: Task): Validation => ({
  anchor: (size, seed) => task.anchor(size, seed),
  grade: (problem, answer) => task.grade(problem, answer),
});

export const viewOf = (task: Task): TaskView => ({
  name: task.name,
  ...(task.topics === undefined ? {} : { topics: [...task.topics] }),
  contamination: (question) => task.contamination(question),
});
