/** The result block of a run, for people. */
import { dirname, resolve } from "node:path";
import { counted } from "../machines/counted.ts";
import type { PanelAudit } from "../machines/folds/panel-audit.ts";
import { quoted } from "../runtime/shell-word.ts";
import { type Audit, precisionOf, rawOf, soundnessOf } from "./audit.ts";
import { type Course, difficultySpan, voidShareOf } from "./course.ts";
import { allFailed, type JobRecord } from "./jobs.ts";
import { letThroughFacts, letThroughText } from "./let-through.ts";
import { type CurvePoint, type Measures, meanScore, type Scores } from "./measures.ts";
import type { Usage } from "./usage.ts";

/** The end of a run. */
export type RunEnd =
  | { readonly outcome: "finished"; readonly reason: string }
  | { readonly outcome: "stopped" }
  | { readonly outcome: "failed"; readonly cause: unknown };

export interface RunResult {
  readonly run: string;
  readonly folder: string;
  readonly end: RunEnd;
  /** Undefined if the run did not finish or the task has no benchmark. */
  readonly measures: Measures | undefined;
  readonly audit: Audit;
  /** Undefined where every peer verifies. */
  readonly panelAudit?: PanelAudit | undefined;
  readonly course: Course;
  readonly jobs: readonly JobRecord[];
  readonly usage: Usage;
  /** The outcome of measuring. */
  readonly measuring: "none" | "done" | "interrupted";
  /** Generations of training that published something. */
  readonly updates: number;
  readonly rounds: number;
  readonly questions: number;
  /** From start to the end of play, and of measuring [s]. */
  readonly playSeconds: number;
  readonly seconds: number;
  readonly firstSettledSeconds: number | undefined;
  /** Why `result.json` could not be written. */
  readonly unwritten?: string;
}

const percent = (value: number | undefined): string =>
  value === undefined ? "    –" : `${(100 * value).toFixed(1)}%`.padStart(6);

const points = (before: number, after: number): string => {
  const gain = 100 * (after - before);
  return `${gain >= 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)}`.padStart(6);
};

const row = (label: string, before: Scores, after: Scores): string => {
  const [left, right] = [meanScore(before), meanScore(after)];
  return `  ${label.padEnd(30)}${percent(left)} → ${percent(right)}  ${points(left, right)}`;
};

const pointText = ({ scores, withdrawn }: CurvePoint): string =>
  `${percent(meanScore(scores)).trim()}${withdrawn === undefined ? "" : ` (${withdrawn} withdrawn)`}`;

const curveLine = ({ curve }: Measures): string =>
  `  ${"after each update".padEnd(30)}${curve.map(pointText).join(" → ")}`;

const modelLines = ({ curve }: Measures): string[] => {
  const [first, last] = [curve[0]?.scores ?? {}, curve.at(-1)?.scores ?? {}];
  return Object.keys(first).map((model) => {
    const [before, after] = [first[model] ?? 0, last[model] ?? 0];
    return `  ${model.padEnd(30)}${percent(before)} → ${percent(after)}  ${points(before, after)}`;
  });
};

const unmeasuredLines = ({ unmeasured }: Measures): string[] =>
  Object.entries(unmeasured).map(([model, cause]) => `  ${model} could not be measured: ${cause}`);

/** A run that ends right after its history was emptied has no elite examples. */
const eliteLine = ({ eliteBefore, eliteAfter }: Measures): string =>
  Object.keys(eliteAfter).length === 0
    ? `  ${"mean, elite examples".padEnd(30)}not measured: the history was empty at the end`
    : row("mean, elite examples", eliteBefore, eliteAfter);

const measureLines = (measures: Measures): string[] => {
  const [first, last] = [measures.curve[0]?.scores ?? {}, measures.curve.at(-1)?.scores ?? {}];
  if (Object.keys(first).length === 0)
    return ["Accuracy: no member was measured.", ...unmeasuredLines(measures)];
  return [
    `Accuracy (pass@1, ${measures.problems} held-out problems)   before → after`,
    ...modelLines(measures),
    ...unmeasuredLines(measures),
    row("mean, zero-shot", first, last),
    eliteLine(measures),
    ...Object.entries(measures.others).map(([name, { before, after }]) =>
      row(`mean, ${name}`, before, after),
    ),
    ...Object.entries(measures.roles).map(([figure, { before, after }]) => row(figure, before, after)),
    curveLine(measures),
  ];
};

/** How the program is started: through npm in a checkout, by its name if the package is installed. */
export const program = import.meta.url.endsWith(".ts") ? "npm run agora --" : "agora";

/** A command about the run, as it is typed into a shell. */
export const commandFor = (
  verb: string,
  { run, folder }: Pick<RunResult, "run" | "folder">,
  rest = "",
): string => {
  const runs = dirname(resolve(folder));
  const place = runs === resolve("runs") ? "" : ` --runs ${quoted(runs)}`;
  return `${program} ${verb} ${quoted(run)}${place}${rest}`;
};

const endLine = (result: RunResult): string => {
  const { end } = result;
  if (end.outcome === "finished") return `Finished: ${end.reason}.`;
  const next = `continue with: ${commandFor("resume", result)}`;
  if (end.outcome === "stopped") return `Stopped; ${next}`;
  const cause = end.cause instanceof Error ? end.cause.message : String(end.cause);
  return `Failed: ${cause}\nSettled questions are kept; ${next}`;
};

const trainingLines = ({ jobs }: RunResult): string[] => {
  if (!allFailed(jobs)) return [];
  const causes = new Set(jobs.flatMap(({ cause }) => cause ?? []));
  return [`Training failed for every member: ${[...causes].join("; ")}`];
};

const interruptedLines = (result: RunResult): string[] =>
  result.measuring === "interrupted"
    ? [`Measuring was interrupted; what was measured is kept. Continue with: ${commandFor("resume", result)}`]
    : [];

/** The goal that ended the run, raised. */
const nextGoal = ({ rounds, updates, usage: { total } }: RunResult, reason: string): string => {
  if (reason.endsWith("tokens spent"))
    return ` -s tokens=${2 * (total.promptTokens + total.completionTokens)}`;
  return reason.endsWith("rounds played") ? ` -s rounds=${rounds * 2}` : ` -s updates=${updates + 3}`;
};

const moreLines = (result: RunResult): string[] => {
  const { end, measuring } = result;
  if (end.outcome !== "finished" || measuring === "interrupted") return [];
  return [`  learn more        ${commandFor("resume", result, nextGoal(result, end.reason))}`];
};

/** Commands that a user may want next. */
const nextLines = (result: RunResult): string[] => [
  "Next:",
  `  look at it again  ${commandFor("replay", result)}`,
  `  write a report    ${commandFor("report", result)}`,
  ...moreLines(result),
];

const consensusLine = (audit: Audit): string => {
  const share = (value: number | undefined) => percent(value).trim();
  const steps = audit.judged === 0 ? "" : ` (${share(soundnessOf(audit))} in every step)`;
  return `Consensus: of ${audit.verified} verified solutions ${share(precisionOf(audit))} are right${steps}; of all ${audit.offered}, ${share(rawOf(audit))}.`;
};

const courseLine = (course: Course): string => {
  const [start, end] = difficultySpan(course);
  const changes = course.switches.map(({ round, after }) => `${after} (round ${round})`);
  const strategy = changes.length === 0 ? "no switch of strategy" : `strategy: ${changes.join(", ")}`;
  return `Difficulty ${start.toFixed(1)} → ${end.toFixed(1)}; ${percent(voidShareOf(course)).trim()} of questions void; ${strategy}.`;
};

const unwrittenLines = (result: RunResult): string[] =>
  result.unwritten === undefined
    ? []
    : [
        `result.json could not be written (${result.unwritten}).`,
        `The journal has everything: make room, then ${commandFor("resume", result)}`,
      ];

export const resultBlock = (result: RunResult): string => {
  const { audit, panelAudit, course, measures, questions, rounds, updates, seconds, folder } = result;
  return [
    "",
    endLine(result),
    ...trainingLines(result),
    ...interruptedLines(result),
    ...(measures === undefined ? [] : measureLines(measures)),
    ...(audit.offered === 0 ? [] : [consensusLine(audit)]),
    ...(panelAudit === undefined ? [] : [letThroughText(letThroughFacts(panelAudit))]),
    ...(course.rounds.length === 0 ? [] : [courseLine(course)]),
    `${counted(questions, "question")} settled in ${counted(rounds, "round")}, ${counted(updates, "update")}, ${seconds.toFixed(0)} s. Journal: ${folder}/run.db`,
    ...unwrittenLines(result),
    ...nextLines(result),
  ].join("\n");
};
