/** The base class of Agora's errors: one set of fields and one form of message. */

export interface AgoraErrorOptions extends ErrorOptions {
  readonly expected?: string | undefined;
  readonly fix?: string | undefined;
}

/** Its message reads `<problem>; expected <expected>. Fix: <fix>.`, without the parts that are undefined. */
export abstract class AgoraError<Code extends string = string> extends Error {
  /** Stable: programs may compare it. */
  readonly code: Code;
  readonly problem: string;
  readonly expected: string | undefined;
  /** What a person can do about it. */
  readonly fix: string | undefined;

  constructor(code: Code, problem: string, { expected, fix, cause }: AgoraErrorOptions = {}) {
    super(messageOf(problem, expected, fix), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.problem = problem;
    this.expected = expected;
    this.fix = fix;
  }
}

export const messageOf = (problem: string, expected?: string, fix?: string): string => {
  if (expected === undefined && fix === undefined) return problem;
  const expectation = expected === undefined ? "" : `; expected ${expected}`;
  const remedy = fix === undefined ? "" : `. Fix: ${fix}${/[.?]$/.test(fix) ? "" : "."}`;
  return `${problem.replace(/\.$/, "")}${expectation}${remedy}`;
};
