/** What a society works on: the external world behind the protocol. Implementations live in experiments/tasks. */

export interface Problem {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
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
}
