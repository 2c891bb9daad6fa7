/** Sums over the questions of one round, until the round closes. */
import type { MessageOf } from "../../runtime/messages.ts";
import type { SettledFact } from "../record/facts.ts";
import type { RoundPoint } from "../view.ts";

interface Tally {
  offered: number;
  verified: number;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export class RoundTally {
  readonly #models = new Map<string, Tally>();
  #characters = 0;
  #offered = 0;
  /** Numbers of solutions with ground truth: all, correct, verified, and both verified and correct. */
  #known = 0;
  #right = 0;
  #verifiedKnown = 0;
  #verifiedRight = 0;

  accept({ dossier, marks }: SettledFact): void {
    const verified = new Set(dossier.verified);
    for (const { solutionId, author } of dossier.solutions) {
      const isVerified = verified.has(solutionId);
      const tally = this.#models.get(author) ?? { offered: 0, verified: 0 };
      this.#models.set(author, tally);
      tally.offered += 1;
      tally.verified += Number(isVerified);
      this.#offered += 1;
      this.#characters += marks.lengths[solutionId] ?? 0;
      this.#judge(marks.right[solutionId], isVerified);
    }
  }

  close(closed: MessageOf<"round.closed">): RoundPoint {
    const { round, at, passRate, target, difficulty, surprise, strategy } = closed;
    const { settled, voided, admitted } = closed;
    const precision = { precision: share(this.#verifiedRight, this.#verifiedKnown) };
    return {
      ...{ round, at, passRate, target, difficulty, surprise, strategy, settled, voided, admitted },
      responseLength: share(this.#characters, this.#offered),
      ...(this.#known > 0 ? { raw: share(this.#right, this.#known) } : {}),
      ...(this.#verifiedKnown > 0 ? precision : {}),
      accuracy: Object.fromEntries(
        [...this.#models].map(([model, { offered, verified }]) => [model, share(verified, offered)]),
      ),
    };
  }

  #judge(isRight: boolean | undefined, isVerified: boolean): void {
    if (isRight === undefined) return;
    this.#known += 1;
    this.#right += Number(isRight);
    this.#verifiedKnown += Number(isVerified);
    this.#verifiedRight += Number(isVerified && isRight);
  }
}
