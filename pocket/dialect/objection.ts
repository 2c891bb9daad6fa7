/** What a verdict in the pocket dialect objects to, in words. */

/** A step as the solution has it, and the verifier's own last step for it. */
interface Checked {
  readonly isAnswer: boolean;
  readonly written: string;
  own: string;
}

const checkedIn = (verdict: string): readonly Checked[] => {
  const checked: Checked[] = [];
  const tokens = verdict.trim().split(/\s+/);
  for (const [index, token] of tokens.entries()) {
    const [written = "", own] = token.split(":");
    const last = checked.at(-1);
    if (own !== undefined) checked.push({ isAnswer: tokens[index - 1] === "ans", written, own });
    else if (last !== undefined && token !== "ans") last.own = token;
  }
  return checked;
};

const resultOf = (step: string): string => step.slice(step.lastIndexOf("=") + 1);
const termOf = (step: string): string => step.slice(0, Math.max(0, step.lastIndexOf("=")));

const wordsOf = ({ isAnswer, written, own }: Checked): string => {
  const [wrong, right] = [resultOf(written), resultOf(own)];
  return isAnswer ? `the answer is ${right}, not ${wrong}` : `${termOf(written)} is ${right}, not ${wrong}`;
};

/** The first step whose result the verifier computes otherwise; undefined if the text shows none. */
export const objectionIn = (verdict: string): string | undefined => {
  if (verdict.trim() === "none") return "it shows no steps";
  const differing = checkedIn(verdict).find(({ written, own }) => resultOf(written) !== resultOf(own));
  return differing && wordsOf(differing);
};
