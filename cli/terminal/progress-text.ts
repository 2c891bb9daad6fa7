/** Progress as lines of text, without cursor movement. */
import { stripVTControlCharacters, styleText } from "node:util";
import { actText, isAct } from "../../machines/folds/act-text.ts";
import type { Message, MessageOf } from "../../runtime/messages.ts";
import { duration, type PaceGoals } from "./pace.ts";
import type { JobProgress, ProgressState, QuestionPhase } from "./progress-state.ts";

/** What the messages do not contain. */
export interface ProgressGoals extends PaceGoals {
  readonly run: string;
}

export type Style = "bold" | "dim" | "green" | "red" | "yellow";
export type Paint = (style: Style, text: string) => string;

export const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });
export const plain: Paint = (_, text) => text;

/** The live block, one line per subject. */
export const blockLines = (state: ProgressState, goals: ProgressGoals, paint: Paint): string[] => {
  const rows: [string, string | undefined][] = [
    ["round", roundText(state, goals, paint)],
    ["questions", questionsText(state)],
    ["pass rate", passRateText(state, paint)],
    ["ratings", ratingsText(state)],
    ["buffer", bufferText(state, goals)],
    ...[...state.jobs.values()].map((job): [string, string] => ["training", jobText(job)]),
    ["strategy", strategyText(state)],
  ];
  return rows.flatMap(([label, text]) =>
    text === undefined ? [] : `${paint("dim", label.padEnd(9))} ${text}`,
  );
};

const roundText = ({ round, strategy }: ProgressState, goals: ProgressGoals, paint: Paint): string => {
  if (round === undefined) return paint("dim", "waiting for the first one");
  const place = paint("bold", `${round.round}/${goals.rounds}`);
  return `${place} · ${harmless(round.generator)} poses at difficulty ${decimals(round.difficulty)} · ${strategy}`;
};

const questionsText = ({ round, settled, voided, inFlight }: ProgressState): string | undefined => {
  if (round === undefined) return undefined;
  const ended = `${settled} of ${round.count} settled${voided > 0 ? `, ${voided} void` : ""}`;
  return inFlight.size === 0 ? ended : `${ended}, ${inFlight.size} in flight (${phasesText(inFlight)})`;
};

const phasesText = (inFlight: ReadonlyMap<string, QuestionPhase>): string => {
  const counts = Map.groupBy(inFlight.values(), (phase) => phase);
  return [...counts].map(([phase, questions]) => `${questions.length} ${phase}`).join(", ");
};

const passRateText = ({ closed }: ProgressState, paint: Paint): string | undefined => {
  if (closed === undefined) return undefined;
  const style = closed.passRate >= closed.target ? "green" : "yellow";
  const rate = paint(style, decimals(closed.passRate));
  return `${rate} against target ${decimals(closed.target)} · surprise ${closed.surprise.toFixed(3)}`;
};

const ratingsText = ({ ratings, versions }: ProgressState): string | undefined => {
  const ranked = Object.entries(ratings).toSorted(([, left], [, right]) => right.mu - left.mu);
  if (ranked.length === 0) return undefined;
  return ranked
    .map(([model, { mu, sigma }]) => `${speaker(model, versions)} ${mu.toFixed(1)} ± ${sigma.toFixed(1)}`)
    .join(" · ");
};

const speaker = (model: string, versions: ProgressState["versions"]): string =>
  harmless(versions[model] ? `${model}@v${versions[model]}` : model);

const BAR = 20;

const bufferText = ({ buffer }: ProgressState, { bufferThreshold }: ProgressGoals): string => {
  const full = Math.min(BAR, Math.floor((buffer.size / bufferThreshold) * BAR));
  return `[${"#".repeat(full)}${"-".repeat(BAR - full)}] ${buffer.size} of ${bufferThreshold} samples`;
};

const jobText = ({ model, version, state, step, steps, loss }: JobProgress): string => {
  const steady = harmless(`${model}@v${version} ${state}`);
  const stepped = steps > 0 ? ` ${step}/${steps}` : "";
  return `${steady}${stepped}${loss === undefined ? "" : ` · loss ${loss.toFixed(3)}`}`;
};

const strategyText = ({ strategyChange }: ProgressState): string | undefined => {
  if (strategyChange === undefined) return undefined;
  const { before, after, round, cause } = strategyChange;
  return `${before} → ${after} in round ${round}: ${harmless(cause)}`;
};

const decimals = (value: number | undefined): string => value?.toFixed(2) ?? "?";

/**
 * The line of an event, where there is no live block. The first settled question, closed rounds, changes of jobs,
 * adapters and strategies, failures and the end have one. `elapsed`: time since the start [s].
 */
export const eventLine = (
  message: Message,
  before: ProgressState,
  after: ProgressState,
  elapsed: number,
): string | undefined => {
  const line = textOf(message, before, after, elapsed);
  return line === undefined ? undefined : harmless(line);
};

const textOf = (
  message: Message,
  before: ProgressState,
  after: ProgressState,
  elapsed: number,
): string | undefined => {
  switch (message.type) {
    case "question.settled":
      return before.settledInAll === 0 ? firstText(message, elapsed) : undefined;
    case "round.closed":
      return closedText(message.round, after);
    case "strategy.changed":
      return `strategy ${strategyText(after)}`;
    case "training.requested":
      return `job ${message.job}: queued, ${samplesText(message)}`;
    case "training.progressed":
      return stageLine(message, before, after);
    case "training.failed":
      return `job ${message.job}: failed: ${message.cause}`;
    case "adapter.rejected":
      return `job ${message.job}: rejected, ${gain(message)}: ${message.cause}`;
    case "adapter.published":
      return `job ${message.job}: published ${message.model}@v${message.version}, ${gain(message)}`;
    case "adapter.withdrawn":
      return `withdrawn ${message.model}@v${message.version}, back to v${message.restored}: ${message.cause}`;
    case "agent.failed":
      return `failure in ${message.agent}, ${message.where}: ${message.cause}`;
    case "agent.lapsed":
      return `${message.agent} is absent after ${message.failures} failures in a row: ${message.cause}`;
    case "agent.recovered":
      return `${message.agent} answers again`;
    case "question.answered":
      return answeredText(message);
    case "run.finished":
      return `finished after ${message.rounds} rounds: ${message.reason}`;
    default:
      return isAct(message) ? `${message.operator} ${actText(message)}` : undefined;
  }
};

const answeredText = ({ dossier, reason }: MessageOf<"question.answered">): string => {
  const winner = dossier.solutions.find(({ solutionId }) => solutionId === dossier.winner);
  const verdict =
    winner === undefined ? `no verdict${reason === undefined ? "" : `: ${reason}`}` : winner.answer;
  return `answered ${dossier.text} → ${verdict}`;
};

const firstText = ({ dossier }: MessageOf<"question.settled">, elapsed: number): string =>
  `first question answered, checked and settled after ${duration(elapsed)}: ${dossier.author} asked, ${dossier.verified.length} of ${dossier.solutions.length} solutions verified`;

const samplesText = ({ samples, rehearsal = [] }: MessageOf<"training.requested">): string =>
  `${samples.length} samples${rehearsal.length === 0 ? "" : ` and ${rehearsal.length} rehearsed texts`}`;

const gain = ({
  before,
  after,
}: Partial<Pick<MessageOf<"adapter.published">, "before" | "after">>): string =>
  before === undefined || after === undefined
    ? "not measured"
    : `anchor ${decimals(before)} → ${decimals(after)}`;

/** Only a new state of the job has a line; its steps are shown in the live block. */
const stageLine = (
  { job, cause }: MessageOf<"training.progressed">,
  before: ProgressState,
  after: ProgressState,
): string | undefined => {
  const now = after.jobs.get(job);
  if (now === undefined || now.state === before.jobs.get(job)?.state) return undefined;
  return `job ${job}: ${now.state}${cause === undefined ? "" : `: ${cause}`}`;
};

const closedText = (number: number, state: ProgressState): string => {
  const { closed } = state;
  const counts = closed ? `${closed.settled} settled, ${closed.voided} void, ${closed.admitted} samples` : "";
  const curriculum = `difficulty ${decimals(closed?.difficulty)} → ${decimals(closed?.nextDifficulty)}`;
  return `round ${number}: ${counts} · pass rate ${passRateText(state, plain)} · ${curriculum} · ${state.strategy}`;
};

/** Cuts a line to the given number of columns; a cut line loses its colours. */
export const fitted = (line: string, columns: number): string => {
  const bare = stripVTControlCharacters(line);
  if (bare.length <= columns) return line;
  return `${bare.slice(0, Math.max(0, columns - 1))}…`;
};

/** One line without control characters: texts of models and endpoints may contain anything. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, 500);
