/** The tables beside accuracy: budget, the vote against hidden truth, who refuses whom, and contamination. */
import { precisionOf, rawOf } from "../audit.ts";
import { type Judgement, refusalShare } from "../group/refusals.ts";
import type { ExperimentFacts } from "./experiment-facts.ts";
import type { RunFacts } from "./run-facts.ts";
import { amountText, armTarget, cell, percentText, summaryOfKnown, type Table } from "./table.ts";

interface Measure {
  readonly title: string;
  readonly pick: (run: RunFacts) => number | undefined;
  readonly as: "percent" | "amount";
}

const measureTable = (
  facts: ExperimentFacts,
  about: Pick<Table, "title" | "caption">,
  measures: readonly Measure[],
): Table => ({
  ...about,
  head: ["arm", "runs", ...measures.map(({ title }) => title)],
  rows: facts.experiment.arms.map(({ name: arm }) => {
    const runs = facts.runs.filter((run) => run.arm === arm);
    return [
      cell(arm, { target: armTarget(arm) }),
      cell(runs.length),
      ...measures.map(({ pick, as }) => {
        const summary = summaryOfKnown(runs.map(pick));
        return cell(as === "percent" ? percentText(summary) : amountText(summary), {
          target: armTarget(arm),
        });
      }),
    ];
  }),
});

const per = (tokens: number, count: number): number | undefined => (count === 0 ? undefined : tokens / count);

export const budgetTable = (facts: ExperimentFacts): Table =>
  measureTable(
    facts,
    {
      title: "Budget and yield",
      caption:
        "What each run spent, by the ledger; mean ± standard deviation over runs. A run ends at the first end of a round after its budget; then the jobs that had been requested end, with the gate's and the anchor's last measurements, which are in all tokens. Measuring on benchmarks is in neither.",
    },
    [
      { title: "tokens to the last round", pick: ({ playTokens }) => playTokens, as: "amount" },
      { title: "all tokens", pick: ({ tokens }) => tokens, as: "amount" },
      { title: "calls", pick: ({ usage }) => usage.total.calls, as: "amount" },
      { title: "rounds", pick: ({ rounds }) => rounds.length, as: "amount" },
      { title: "questions", pick: ({ questions }) => questions, as: "amount" },
      { title: "updates", pick: ({ updates }) => updates, as: "amount" },
      {
        title: "tokens per verified solution",
        pick: ({ playTokens, verified }) => per(playTokens, verified),
        as: "amount",
      },
      {
        title: "tokens per sample",
        pick: ({ playTokens, admitted }) => per(playTokens, admitted),
        as: "amount",
      },
      { title: "seconds", pick: ({ seconds }) => seconds, as: "amount" },
    ],
  );

/** Of wrong solutions, the share that the unanimous vote accepted. */
export const falseAcceptOf = ({ audit }: RunFacts): number | undefined =>
  audit === undefined || audit.offered === audit.right
    ? undefined
    : (audit.verified - audit.verifiedRight) / (audit.offered - audit.right);

export const groupTable = (facts: ExperimentFacts): Table =>
  measureTable(
    facts,
    {
      title: "The group against hidden truth",
      caption:
        "False accepts: share of wrong solutions that the vote accepted. Diversity: 0 if all solutions of a question are alike, 1 if all differ. Stale: solutions of an adapter that had been replaced when the question settled. Alarms: blocks of ten rounds in which two verifiers or more accept wrong solutions more often than in the first block (Fisher, 0.01); – where no exact answers are known.",
    },
    [
      { title: "false accepts [%]", pick: falseAcceptOf, as: "percent" },
      { title: "verified right [%]", pick: ({ audit }) => audit && precisionOf(audit), as: "percent" },
      { title: "all right [%]", pick: ({ audit }) => audit && rawOf(audit), as: "percent" },
      { title: "diversity of answers [%]", pick: ({ diversity }) => diversity?.answers, as: "percent" },
      { title: "of texts [%]", pick: ({ diversity }) => diversity?.texts, as: "percent" },
      { title: "stale [%]", pick: ({ staleness }) => staleness.staleShare, as: "percent" },
      { title: "versions behind", pick: ({ staleness }) => staleness.meanBehind, as: "amount" },
      { title: "alarms", pick: ({ alarms }) => alarms?.length, as: "amount" },
    ],
  );

const summed = (found: readonly Judgement[]): Judgement | undefined => {
  const [first] = found;
  if (first === undefined) return undefined;
  const total = (pick: (one: Judgement) => number): number => found.reduce((sum, one) => sum + pick(one), 0);
  return {
    ...{ verifier: first.verifier, author: first.author },
    ...{ accepted: total((one) => one.accepted), refused: total((one) => one.refused) },
    ...{ abstained: total((one) => one.abstained), right: total((one) => one.right) },
    ...{ refusedRight: total((one) => one.refusedRight), wrong: total((one) => one.wrong) },
    acceptedWrong: total((one) => one.acceptedWrong),
  };
};

const share = (value: number | undefined): string => (value === undefined ? "–" : (100 * value).toFixed(1));

/** One table per arm: rows are verifiers, columns authors. */
export const refusalTables = (facts: ExperimentFacts): Table[] =>
  facts.experiment.arms.flatMap(({ name: arm }): Table[] => {
    const all = facts.runs
      .filter((run) => run.arm === arm)
      .flatMap(({ refusals }) => Object.values(refusals));
    const [verifiers, authors] = [
      [...new Set(all.map(({ verifier }) => verifier))].toSorted(),
      [...new Set(all.map(({ author }) => author))].toSorted(),
    ];
    if (all.length === 0) return [];
    const of = (verifier: string, author?: string) =>
      summed(
        all.filter((one) => one.verifier === verifier && (author === undefined || one.author === author)),
      );
    return [
      {
        title: `Who refuses whom: ${arm}`,
        caption:
          "Share of the verdicts that refuse [%] and their number, over all seeds, without abstentions. The first refusal ends a check: a slow verifier judges less of what others refuse. Last columns: right solutions refused, wrong ones accepted, by that verifier.",
        head: ["verifier ↓ author →", ...authors, "right refused", "wrong accepted"],
        rows: verifiers.map((verifier) => {
          const own = of(verifier);
          return [
            cell(verifier),
            ...authors.map((author) => {
              const judged = of(verifier, author);
              const refused = judged && refusalShare(judged);
              const count = judged === undefined ? 0 : judged.accepted + judged.refused;
              return cell(refused === undefined ? "–" : `${share(refused)} (${count})`, { shade: refused });
            }),
            cell(own && own.right > 0 ? share(own.refusedRight / own.right) : "–"),
            cell(own && own.wrong > 0 ? share(own.acceptedWrong / own.wrong) : "–"),
          ];
        }),
      },
    ];
  });

export const contaminationTable = (facts: ExperimentFacts): Table => ({
  title: "Contamination",
  caption:
    "Questions that were void because a benchmark or the anchor has them (the same words, or thirteen in a row; for a task of one's own what it says), and settled questions that the check would refuse now: there must be none.",
  head: ["arm", "posed", "void", "of them contaminated", "other reasons", "contaminated but settled"],
  rows: facts.experiment.arms.map(({ name: arm }) => {
    const found = facts.runs.filter((run) => run.arm === arm).map(({ contamination }) => contamination);
    const sum = (pick: (one: (typeof found)[number]) => number) =>
      found.reduce((total, one) => total + pick(one), 0);
    const kinds = [...new Set(found.flatMap(({ reasons }) => Object.keys(reasons)))].filter(
      (kind) => kind !== "contaminated",
    );
    const others = kinds.map((kind) => `${kind} ${sum(({ reasons }) => reasons[kind] ?? 0)}`).join(", ");
    const isKnown = found.length > 0 && found.every(({ leaked }) => leaked !== undefined);
    return [
      cell(arm, { target: armTarget(arm) }),
      ...[cell(sum(({ posed }) => posed)), cell(sum(({ voided }) => voided))],
      ...[cell(sum(({ contaminated }) => contaminated)), cell(others || "none")],
      cell(isKnown ? sum(({ leaked }) => leaked ?? 0) : undefined),
    ];
  }),
});
