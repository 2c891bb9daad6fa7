/** The outcome of comparing two answers. `undecided` counts as wrong, and is recorded. */
export type Verdict = "equal" | "different" | "undecided";

/** All must be equal; one difference decides. */
export const every = (verdicts: readonly Verdict[]): Verdict => {
  if (verdicts.includes("different")) return "different";
  return verdicts.includes("undecided") ? "undecided" : "equal";
};

/** One that is equal suffices. The attempts are made in order, and only as long as they are needed. */
export const either = (...attempts: readonly (() => Verdict)[]): Verdict => {
  let best: Verdict = "different";
  for (const attempt of attempts) {
    const verdict = attempt();
    if (verdict === "equal") return verdict;
    if (verdict === "undecided") best = verdict;
  }
  return best;
};
