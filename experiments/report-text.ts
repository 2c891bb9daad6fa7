/** A report as Markdown. */

import { counted } from "../machines/counted.ts";
import type { Cost } from "../runtime/model/ledger.ts";
import type { Comparison, Score } from "./comparisons.ts";
import type { CourseRound } from "./course.ts";
import type { JobRecord } from "./jobs.ts";
import { letThroughText } from "./let-through.ts";
import type { ReportFacts } from "./report-facts.ts";
import { tokensPerQuestion } from "./usage.ts";

type Cell = string | number | undefined;

/** Texts of models and endpoints may contain anything. */
const cell = (value: Cell): string =>
  value === undefined ? "–" : String(value).replaceAll(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 300);

const table = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string[] => {
  const line = (cells: readonly Cell[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line), ""];
};

const percent = (share: number | undefined): string | undefined =>
  share === undefined ? undefined : `${(100 * share).toFixed(1)} %`;
const decimals = (value: number | undefined): string | undefined => value?.toFixed(3);
const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

const scoreText = ({ right, total, low, high }: Score): string =>
  `${percent(right / Math.max(1, total))} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;

const kindWords = { "zero-shot": "", "elite-shot": " (elite examples)", role: " (role)" } as const;

/** Problems, and answers to each. */
const sizeText = ({ problems, total }: Score): string =>
  total === problems ? String(problems) : `${problems} × ${total / Math.max(1, problems)}`;

const flawsText = ({ flaws = {}, total }: Score): string | undefined => {
  const counts = Object.entries(flaws).map(([flaw, count]) => `${count} ${flaw}`);
  return counts.length === 0 ? undefined : `${counts.join(", ")} of ${total}`;
};

/** Answers that count as wrong without being compared, or because no comparison decides. */
const flawLine = ({ set, model, before, after }: Comparison): string[] => {
  const [first, last] = [flawsText(before), flawsText(after)];
  if (first === undefined && last === undefined) return [];
  return [`- ${cell(`${set}, ${model}: before ${first ?? "none"}; after ${last ?? "none"}`)}`];
};

const passLine = ({ set, model, before, after }: Comparison): string[] => {
  const changes = Object.entries(after.passAt ?? {}).map(
    ([k, value]) => `pass@${k} ${percent(before.passAt?.[k])} → ${percent(value)}`,
  );
  return changes.length === 0 ? [] : [`- ${cell(`${set}, ${model}: ${changes.join(", ")}`)}`];
};

const comparisonRow = ({ model, version, kind, set, before, after, paired }: Comparison): Cell[] => [
  ...[`${set}${kindWords[kind]}`, version === 0 ? model : `${model}@v${version}`, sizeText(before)],
  ...[scoreText(before), scoreText(after)],
  `${points(paired.difference)} (${points(paired.low)} to ${points(paired.high)})`,
  `${paired.gained} / ${paired.lost}`,
];

/** pass@k: one of k samples is right (Eq. 5). */
const passLines = (comparisons: readonly Comparison[]): string[] => {
  const lines = comparisons.flatMap(passLine);
  return lines.length === 0 ? [] : [...lines, ""];
};

const flawLines = (comparisons: readonly Comparison[]): string[] => {
  const lines = comparisons.flatMap(flawLine);
  return lines.length === 0 ? [] : ["Answers that count as wrong without a comparison:", "", ...lines, ""];
};

/** Samples may copy a reserved problem only in texts that no check has seen: this checks what was trained on. */
const contaminationPart = ({ contamination }: ReportFacts): string[] => {
  if (contamination === undefined || contamination.checked === 0) return [];
  const { checked, contaminated } = contamination;
  return [
    "## Contamination",
    "",
    `${counted(checked, "training sample")} checked against all problems of anchor and benchmarks (13 consecutive words, or the same normal form): ${contaminated.length} ${contaminated.length === 1 ? "overlaps" : "overlap"}.`,
    "",
    ...contaminated.map(({ sample, flaw }) => `- ${cell(sample)}: ${cell(flaw)}`),
    ...(contaminated.length === 0 ? [] : [""]),
  ];
};

const accuracyPart = ({ comparisons }: ReportFacts): string[] => {
  if (comparisons.length === 0) return ["## Accuracy", "", "Nothing was measured.", ""];
  return [
    "## Accuracy",
    "",
    "Share of right answers (pass@1), with 95 % confidence intervals: Wilson's for one sample per problem, a bootstrap over",
    "problems and their samples for several. Both versions answer the same problems with the same seeds: the difference is",
    "paired, in percentage points, with its 95 % interval (Newcombe, or the same bootstrap).",
    "",
    ...table(
      ["set", "model", "problems", "before", "after", "difference", "gained / lost"],
      comparisons.map(comparisonRow),
    ),
    ...passLines(comparisons),
    ...flawLines(comparisons),
  ];
};

const jobRow = (job: JobRecord): Cell[] => [
  ...[job.job, job.samples, job.rehearsed, job.withdrawn === undefined ? job.outcome : "withdrawn later"],
  ...[percent(job.before), percent(job.after), decimals(job.loss), job.seconds?.toFixed(0)],
  job.withdrawn ?? job.cause,
];

const trainingPart = ({ jobs, updates }: ReportFacts): string[] => {
  if (jobs.length === 0) return ["## Training", "", "No training was requested.", ""];
  const heads = [
    "job",
    "samples",
    "rehearsed",
    "outcome",
    "anchor before",
    "anchor after",
    "loss",
    "s",
    "cause",
  ];
  return [
    "## Training",
    "",
    `${counted(updates, "update")}. The gate measures each candidate on the anchor's problems before it is published.`,
    "",
    ...table(heads, jobs.map(jobRow)),
  ];
};

const shownRounds = 20;

/** Evenly spaced, the last one included. */
const some = (rounds: readonly CourseRound[]): CourseRound[] => {
  const step = Math.ceil(rounds.length / shownRounds);
  return rounds.filter((_, index) => index % step === 0 || index === rounds.length - 1);
};

const roundRow = (round: CourseRound): Cell[] => [
  ...[round.round, round.difficulty.toFixed(2), decimals(round.passRate), decimals(round.anchor)],
  ...[round.settled, round.voided],
];

const curriculumPart = ({ curriculum }: ReportFacts): string[] => {
  const { difficultyStart, difficultyEnd, voidShare, followsAbility, staleness, switches, rounds } =
    curriculum;
  if (rounds.length === 0) return ["## Curriculum", "", "No round was played.", ""];
  const follows =
    followsAbility === undefined ? "" : ` Rank correlation with the anchor: ${decimals(followsAbility)}.`;
  return [
    "## Curriculum",
    "",
    `Difficulty ${difficultyStart.toFixed(2)} → ${difficultyEnd.toFixed(2)}; ${percent(voidShare)} of questions were void.${follows}`,
    `Rounds opened with feedback at most ${counted(staleness.rounds, "round")} old; solutions were at most ${counted(staleness.adapters, "adapter version")} old when they settled.`,
    "",
    ...table(["round", "difficulty", "pass rate", "anchor", "settled", "void"], some(rounds).map(roundRow)),
    ...switches.map(
      ({ round, before, after, cause }) => `- Round ${round}: ${before} → ${after}, because ${cell(cause)}`,
    ),
    ...(switches.length === 0 ? ["The strategy did not change."] : []),
    "",
  ];
};

const actsPart = ({ acts }: ReportFacts): string[] =>
  acts.length === 0
    ? []
    : [
        "## Acts",
        "",
        "People acted on the run while it was played; its configuration does not say so.",
        "",
        ...acts.map(({ at, operator, did }) => `- ${dateOf(at)}: ${cell(operator)} ${cell(did)}`),
        "",
      ];

const consensusPart = ({ consensus, panels }: ReportFacts): string[] => {
  const audited = panels === undefined ? [] : [letThroughText(panels), ""];
  if (consensus === undefined || consensus.offered === 0)
    return ["## Consensus", "", "No exact answers are known for the group's questions.", "", ...audited];
  const { offered, verified, precision, precisionInEveryStep: steps, rightOfAll } = consensus;
  const sound = steps === undefined ? "" : ` (${percent(steps)} in every step)`;
  return [
    "## Consensus",
    "",
    `Of ${verified} unanimously verified solutions ${cell(percent(precision))} are right${sound}; of all ${offered}, ${cell(percent(rightOfAll))}.`,
    "",
    ...audited,
  ];
};

const costRow = ([name, cost]: readonly [string, Cost]): Cell[] => [
  ...[name, cost.calls, cost.promptTokens, cost.cachedTokens, cost.completionTokens],
  cost.seconds.toFixed(0),
];

const usagePart = ({ usage, questions }: ReportFacts): string[] => [
  "## Tokens",
  "",
  ...table(
    ["by role, model or outcome", "calls", "prompt", "of it cached", "completion", "s"],
    [usage.byRole, usage.byModel, usage.byOutcome, { all: usage.total }].flatMap((costs) =>
      Object.entries(costs).map(costRow),
    ),
  ),
  `A settled question took ${tokensPerQuestion(usage, questions)?.toFixed(0) ?? "–"} tokens, with what was aborted, failed or asked again.`,
  "",
  `Measuring took another ${usage.measuring.promptTokens} prompt and ${usage.measuring.completionTokens} completion tokens.`,
  "",
];

const dateOf = (at: number | undefined): string =>
  at === undefined ? "–" : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export interface Repetition {
  /** The configuration as YAML. */
  readonly settings: string;
  readonly command: string;
}

export const reportText = (facts: ReportFacts, { settings, command }: Repetition): string =>
  [
    `# Run ${facts.run}`,
    "",
    `${facts.end}; ${counted(facts.rounds, "round")}, ${counted(facts.questions, "question")} settled, ${counted(facts.updates, "update")}. Played from ${dateOf(facts.begunAt)} to ${dateOf(facts.endedAt)}.`,
    "",
    ...accuracyPart(facts),
    ...trainingPart(facts),
    ...contaminationPart(facts),
    ...curriculumPart(facts),
    ...consensusPart(facts),
    ...actsPart(facts),
    ...usagePart(facts),
    ...["## To repeat it", "", "```sh", command, "```", "", "with this configuration:", "", "```yaml"],
    settings.trimEnd(),
    ...["```", ""],
  ].join("\n");
