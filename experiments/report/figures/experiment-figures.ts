/** The figures of an experiment, after the paper's Figs. 1 and 3 to 6. */
import { mean } from "../../statistics/summary.ts";
import { columnsOf, columnTitle, type ExperimentFacts, modelsOf, scoreOf } from "../experiment-facts.ts";
import type { ReportRound } from "../rounds.ts";
import type { RunFacts } from "../run-facts.ts";
import { bandOf, resampled } from "./bands.ts";
import { type Figure, isEmpty, type Series } from "./figure.ts";

const bands = "Bands: ± one standard deviation over seeds, as far as all seeds go.";

interface Arm {
  readonly name: string;
  readonly look: number;
  readonly runs: readonly RunFacts[];
}

const armsOf = ({ experiment, runs }: ExperimentFacts, task: string): Arm[] =>
  experiment.arms
    .map(({ name }, look) => ({
      name,
      look,
      runs: runs.filter((run) => run.arm === name && run.task === task),
    }))
    .filter((arm) => arm.runs.length > 0);

/** Percent by round, where it is known. */
const percentByRound = (rounds: readonly ReportRound[], pick: (round: ReportRound) => number | undefined) =>
  rounds.flatMap((round) => {
    const value = pick(round);
    return value === undefined ? [] : [{ x: round.round, y: 100 * value }];
  });

const byRound = ({ runs }: Pick<Arm, "runs">, pick: (round: ReportRound) => number | undefined) =>
  bandOf(runs.map(({ rounds }) => percentByRound(rounds, pick)));

/** Group accuracy by update. */
const meanCurve = ({ curves }: RunFacts) => {
  const all = Object.values(curves).filter((curve) => curve.length > 0);
  const length = Math.min(...all.map((curve) => curve.length));
  if (all.length === 0) return [];
  return Array.from({ length }, (_, x) => ({ x, y: 100 * mean(all.map((curve) => curve[x] ?? 0)) }));
};

/** A star for every switch of strategy, on the arm's curve. */
const starsOf = ({ runs }: Arm, points: Series["points"]): Series["stars"] =>
  runs.flatMap(({ switches }) =>
    switches.flatMap(({ round }) => {
      const point = points.findLast(({ x }) => x <= round);
      return point === undefined ? [] : [{ x: round, y: point.y }];
    }),
  );

const anchorSeries = (arm: Arm): Series => {
  const points = byRound(arm, ({ anchor }) => anchor);
  return { name: arm.name, look: arm.look, points, stars: starsOf(arm, points) ?? [] };
};

const accuracy = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => ({
  id: "accuracy",
  title: "Accuracy in the course of training",
  caption: `In-domain pass@1 of the group after each update, and the external anchor by round; stars are switches of strategy. ${bands} (Fig. 1)`,
  panels: [
    {
      ...{ kind: "lines", title: "After each update", xLabel: "update", yLabel: "pass@1 [%]" },
      series: arms.map(({ name, look, runs }) => ({ name, look, points: bandOf(runs.map(meanCurve)) })),
    },
    {
      ...{ kind: "lines", title: "Anchor, by round", xLabel: "round", yLabel: "accuracy [%]" },
      series: arms.map(anchorSeries),
    },
  ],
});

/** One panel per arm, one curve per model. */
const models = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => {
  const names = modelsOf(arms.flatMap(({ runs }) => runs));
  return {
    id: "models",
    title: "Accuracy of each model",
    caption: `In-domain pass@1 after each update. ${bands} (Fig. 1)`,
    panels: arms.map(({ name, runs }) => ({
      ...{ kind: "lines", title: name, xLabel: "update", yLabel: "pass@1 [%]" },
      series: modelsOf(runs).map((model) => ({
        ...{ name: model, look: names.indexOf(model) },
        points: bandOf(
          runs.map(({ curves }) => (curves[model] ?? []).map((share, x) => ({ x, y: 100 * share }))),
        ),
      })),
    })),
  };
};

const difficulty = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => ({
  id: "difficulty",
  title: "Difficulty",
  caption: `The difficulty d of the questions that were asked for, by round. ${bands} (Fig. 3)`,
  panels: [
    {
      ...{ kind: "lines", title: "Difficulty", xLabel: "round", yLabel: "d" },
      series: arms.map(({ name, look, runs }) => ({
        ...{ name, look },
        points: bandOf(
          runs.map(({ rounds }) => rounds.map((round) => ({ x: round.round, y: round.difficulty }))),
        ),
      })),
    },
  ],
});

const rates = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => ({
  id: "rates",
  title: "Pass rate, target and anchor",
  caption: `The pass rate V of each arm against its target and the external anchor, by round. ${bands} (Fig. 3)`,
  panels: arms.map((arm) => ({
    ...{ kind: "lines", title: arm.name, xLabel: "round", yLabel: "share [%]" },
    series: [
      { name: "pass rate V", look: 0, points: byRound(arm, ({ passRate }) => passRate) },
      { name: "target", look: 1, points: byRound(arm, ({ target }) => target) },
      { name: "anchor", look: 2, points: byRound(arm, ({ anchor }) => anchor) },
    ],
  })),
});

const samplesByTokens = ({ rounds }: RunFacts) => [
  { x: 0, y: 0 },
  ...rounds.map(({ tokens, samples }) => ({ x: tokens, y: samples })),
];

const yieldOf = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => ({
  id: "yield",
  title: "Yield",
  caption: `Samples that entered the buffer, by the tokens spent and by round: where a curve reaches the buffer's threshold a job starts. ${bands} (Fig. 4)`,
  panels: [
    {
      ...{ kind: "lines", title: "Samples, by tokens spent", xLabel: "tokens", yLabel: "samples" },
      series: arms.map(({ name, look, runs }) => ({
        ...{ name, look },
        points: bandOf(resampled(runs.map(samplesByTokens))),
      })),
    },
    {
      ...{ kind: "lines", title: "Samples of each round", xLabel: "round", yLabel: "samples" },
      series: arms.map(({ name, look, runs }) => ({
        ...{ name, look },
        points: bandOf(
          runs.map(({ rounds }) => rounds.map(({ round, admitted }) => ({ x: round, y: admitted }))),
        ),
      })),
    },
  ],
});

const vote = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => ({
  id: "vote",
  title: "The vote against hidden truth",
  caption: `Share of wrong solutions that the vote has accepted, from the first round to each round. ${bands}`,
  panels: [
    {
      ...{ kind: "lines", title: "False accepts", xLabel: "round", yLabel: "of wrong solutions [%]" },
      series: arms.map(({ name, look, runs }) => ({
        ...{ name, look },
        points: bandOf(
          runs.map(({ audits }) =>
            audits
              .filter(({ wrong }) => wrong > 0)
              .map(({ round, wrong, acceptedWrong }) => ({ x: round, y: (100 * acceptedWrong) / wrong })),
          ),
        ),
      })),
    },
  ],
});

/** Sets with a panel of their own. */
const mostSets = 6;

const outcome = (_facts: ExperimentFacts, arms: readonly Arm[]): Figure => {
  const columns = columnsOf(
    arms.flatMap(({ runs }) => runs),
    ["zero-shot"],
  ).slice(0, mostSets);
  return {
    id: "outcome",
    title: "Accuracy and gain by arm",
    caption:
      "One dot per seed; the bar is the mean, the line ± one standard deviation. The first panel is the gain over the base models on the in-domain set. (Figs. 5 and 6)",
    panels: [
      ...columns.slice(0, 1).map((column) => ({
        ...({ kind: "dots", title: `Gain: ${columnTitle(column)}`, xLabel: "points" } as const),
        rows: arms.map(({ name, look, runs }) => ({
          ...{ name, look },
          values: runs.flatMap((run) => {
            const [after, before] = [scoreOf(run, column), scoreOf(run, column, { when: "base" })];
            return after === undefined || before === undefined ? [] : [100 * (after - before)];
          }),
        })),
      })),
      ...columns.map((column) => ({
        ...({ kind: "dots", title: columnTitle(column), xLabel: "pass@1 [%]" } as const),
        rows: arms.map(({ name, look, runs }) => ({
          ...{ name, look },
          values: runs.flatMap((run) => {
            const score = scoreOf(run, column);
            return score === undefined ? [] : [100 * score];
          }),
        })),
      })),
    ],
  };
};

/** Figures without data are left out. */
export const experimentFigures = (facts: ExperimentFacts): Figure[] =>
  facts.experiment.tasks.flatMap(({ name: task }) => {
    const arms = armsOf(facts, task);
    const isOne = facts.experiment.tasks.length === 1;
    return [outcome, accuracy, models, difficulty, rates, yieldOf, vote]
      .map((figureOf) => figureOf(facts, arms))
      .filter((figure) => arms.length > 0 && !isEmpty(figure))
      .map((figure) =>
        isOne ? figure : { ...figure, id: `${figure.id}-${task}`, title: `${figure.title}, ${task}` },
      );
  });
