/** The tables of accuracy: arms against sets as in the paper's tables, and the paired differences between arms. */
import {
  type ArmDifference,
  type Column,
  columnsOf,
  columnTitle,
  differencesOf,
  type ExperimentFacts,
  modelsOf,
  scoreOf,
} from "./experiment-facts.ts";
import type { RunFacts } from "./run-facts.ts";
import {
  armTarget,
  type Cell,
  cell,
  percentText,
  points,
  ranksOf,
  runTarget,
  summaryOfKnown,
  type Table,
} from "./table.ts";

const setKinds = ["zero-shot", "elite-shot"] as const;

const taskWords = ({ experiment: { tasks } }: ExperimentFacts, task: string): string =>
  tasks.length > 1 ? `, ${task}` : "";

/** What a table is about; without a model the mean of the group. */
interface Subject {
  readonly facts: ExperimentFacts;
  readonly task: string;
  readonly model: string | undefined;
  readonly runs: readonly RunFacts[];
  readonly columns: readonly Column[];
}

const subjectOf = (
  facts: ExperimentFacts,
  task: string,
  kinds: readonly Column["kind"][],
  model?: string,
): Subject => {
  const runs = facts.runs.filter(
    (run) => run.task === task && (model === undefined || run.finals.some((final) => final.model === model)),
  );
  return { facts, task, model, runs, columns: columnsOf(runs, kinds) };
};

/** Of one run for each seed: base models are the same in all arms of a seed that have the same group. */
const baseScores = ({ runs, model }: Subject, column: Column): number[] => {
  const bySeed = new Map<number, number>();
  for (const run of runs) {
    const score = scoreOf(run, column, { model, when: "base" });
    if (score !== undefined && !bySeed.has(run.seed)) bySeed.set(run.seed, score);
  }
  return [...bySeed.values()];
};

const groupOf = ({ finals }: RunFacts): string =>
  [...new Set(finals.map(({ model }) => model))].toSorted().join();

/** None where arms have different groups. */
const baseRows = (subject: Subject): Cell[][] => {
  if (new Set(subject.runs.map(groupOf)).size > 1) return [];
  const scores = subject.columns.map((column) => summaryOfKnown(baseScores(subject, column)));
  return [[cell("base models"), ...scores.map((summary) => cell(percentText(summary)))]];
};

const armRows = ({ facts, runs, columns, model }: Subject): Cell[][] => {
  const arms = facts.experiment.arms
    .map(({ name }) => name)
    .filter((arm) => runs.some((run) => run.arm === arm));
  const summaries = arms.map((arm) =>
    columns.map((column) =>
      summaryOfKnown(runs.filter((run) => run.arm === arm).map((run) => scoreOf(run, column, { model }))),
    ),
  );
  const ranks = columns.map((_, index) => ranksOf(summaries.map((row) => row[index]?.mean)));
  return arms.map((arm, row) => [
    cell(arm, { target: armTarget(arm) }),
    ...columns.map((_, index) =>
      cell(percentText(summaries[row]?.[index]), { rank: ranks[index]?.[row], target: armTarget(arm) }),
    ),
  ]);
};

const scoresTable = (subject: Subject, title: string, what: string): Table[] => {
  const { facts, task, columns } = subject;
  if (columns.length === 0) return [];
  return [
    {
      title: `${title}${taskWords(facts, task)}`,
      caption: `${what} [%], mean ± standard deviation over seeds. Bold: best arm of the column; underlined: second. Numbers link to their runs.`,
      head: ["arm", ...columns.map(columnTitle)],
      rows: [...baseRows(subject), ...armRows(subject)],
    },
  ];
};

/** The group's table of each task, one for each model, and the table of the other roles. */
export const accuracyTables = (facts: ExperimentFacts): Table[] =>
  facts.experiment.tasks.flatMap(({ name: task }) => {
    const group = subjectOf(facts, task, setKinds);
    const models = modelsOf(group.runs);
    return [
      ...scoresTable(group, "Accuracy, mean of the group", "pass@1"),
      ...(models.length > 1 ? models : []).flatMap((model) =>
        scoresTable(subjectOf(facts, task, setKinds, model), `Accuracy, ${model}`, "pass@1"),
      ),
      ...scoresTable(subjectOf(facts, task, ["role"]), "Other roles", "Share of good replies"),
    ];
  });

const intervalText = (interval: { readonly low: number; readonly high: number } | undefined): string =>
  interval === undefined ? "–" : `${points(interval.low)} to ${points(interval.high)}`;

const pText = ({ permutation }: ArmDifference): string =>
  permutation === undefined ? "–" : `${permutation.p.toFixed(4)} (≥ ${permutation.least.toPrecision(2)})`;

const differenceRow = (facts: ExperimentFacts, one: ArmDifference): Cell[] => [
  cell(`${one.arm}${taskWords(facts, one.task)}`, { target: armTarget(one.arm) }),
  ...[cell(columnTitle(one.column)), cell(one.seeds.length), cell(points(one.difference))],
  ...[cell(one.sd === undefined ? undefined : (100 * one.sd).toFixed(1)), cell(intervalText(one.interval))],
  ...[cell(intervalText(one.bootstrap)), cell(pText(one))],
];

/** Every arm less the reference. Undefined if no arm shares a seed with it. */
export const differenceTable = (facts: ExperimentFacts): Table | undefined => {
  const differences = differencesOf(facts);
  if (differences.length === 0) return undefined;
  return {
    title: `Differences from ${facts.experiment.reference}`,
    caption: `Percentage points, paired by seed and problem. Intervals are 95 %: Student's t over seeds, and a bootstrap over seeds and problems, which is too narrow where seeds are few. p: permutation test over seeds, two-sided, with the least value that so many seeds allow. Where seeds share problems, t and p hold for these problems alone; the bootstrap counts a shared problem once. ${differences.length} comparisons, none corrected for their number.`,
    head: ["arm", "set", "seeds", "difference", "sd", "95 % (t, seeds)", "95 % (bootstrap)", "p"],
    rows: differences.map((one) => differenceRow(facts, one)),
  };
};

/** The runs of one arm with their own numbers: the means of the other tables are means over these rows. */
export const runTable = (facts: ExperimentFacts, arm: string): Table | undefined => {
  const runs = facts.runs.filter((run) => run.arm === arm);
  if (runs.length === 0) return undefined;
  const columns = columnsOf(runs, setKinds);
  const score = (run: RunFacts, column: Column): Cell => {
    const share = scoreOf(run, column);
    return cell(share === undefined ? undefined : (100 * share).toFixed(1), { target: runTarget(run.run) });
  };
  return {
    title: `Runs of ${arm}`,
    caption: "pass@1 [%] of the group with its final weights, by run.",
    head: ["run", "seed", "tokens", "rounds", "updates", ...columns.map(columnTitle)],
    rows: runs.map((run) => [
      cell(run.run, { target: runTarget(run.run) }),
      ...[
        cell(run.seed),
        cell(run.playTokens.toLocaleString("en")),
        cell(run.rounds.length),
        cell(run.updates),
      ],
      ...columns.map((column) => score(run, column)),
    ]),
  };
};
