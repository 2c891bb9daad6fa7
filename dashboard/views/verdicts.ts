/** Verdict counts by verifier and author, with the errors if the task has ground truth. */
import type { SettledFact } from "../record/facts.ts";
import type { VerdictCell } from "../view.ts";

type Counts = { -readonly [K in keyof VerdictCell]: VerdictCell[K] };

const counted = { accept: "accepted", refuse: "refused", abstain: "abstained" } as const;

export class Verdicts {
  readonly #cells = new Map<string, Counts>();

  accept({ dossier, marks }: SettledFact): void {
    const authors = new Map(dossier.solutions.map(({ solutionId, author }) => [solutionId, author]));
    for (const { solutionId, verifier, verdict } of dossier.verdicts) {
      const author = authors.get(solutionId);
      if (author === undefined) continue;
      const cell = this.#cell(verifier, author);
      cell[counted[verdict]] += 1;
      if (verdict === "accept" && marks.right[solutionId] === false) cell.falseAccepts += 1;
      if (verdict === "refuse" && marks.right[solutionId] === true) cell.falseRefusals += 1;
    }
  }

  view(): VerdictCell[] {
    return [...this.#cells.values()].map((cell) => ({ ...cell }));
  }

  #cell(verifier: string, author: string): Counts {
    const key = JSON.stringify([verifier, author]);
    const known = this.#cells.get(key);
    if (known) return known;
    const none = { accepted: 0, refused: 0, abstained: 0, falseAccepts: 0, falseRefusals: 0 };
    const fresh = { verifier, author, ...none };
    this.#cells.set(key, fresh);
    return fresh;
  }
}
