/** The visible progress of a run: a pure fold over its messages. */
import type { Message, MessageOf, Rating, Strategy } from "../../runtime/messages.ts";

export type QuestionPhase = "solving" | "verifying" | "voting" | "explaining";

export interface JobProgress {
  readonly model: string;
  readonly version: number;
  readonly state: string;
  readonly step: number;
  readonly steps: number;
  /** Mean cross-entropy per response token [nats]; undefined before the first step. */
  readonly loss: number | undefined;
}

export interface ProgressState {
  readonly round: MessageOf<"round.opened"> | undefined;
  /** The last round that ended: V_t, target, F_t. */
  readonly closed: MessageOf<"round.closed"> | undefined;
  readonly inFlight: ReadonlyMap<string, QuestionPhase>;
  /** Of the round that was opened last. */
  readonly settled: number;
  readonly voided: number;
  readonly settledInAll: number;
  readonly strategy: Strategy;
  readonly ratings: Readonly<Record<string, Rating>>;
  /** Admitted solutions that no job has taken yet. */
  readonly buffer: ReadonlySet<string>;
  readonly jobs: ReadonlyMap<string, JobProgress>;
  /** Adapters published so far, by model. */
  readonly versions: Readonly<Record<string, number>>;
  readonly strategyChange: MessageOf<"strategy.changed"> | undefined;
  /** Newest generation of training jobs; 0 before the first. */
  readonly generation: number;
  /** Tokens of all calls so far, prompts and completions. */
  readonly tokens: number;
  readonly finished: MessageOf<"run.finished"> | undefined;
}

export const initialProgress: ProgressState = {
  round: undefined,
  closed: undefined,
  inFlight: new Map(),
  settled: 0,
  voided: 0,
  settledInAll: 0,
  strategy: "explore",
  ratings: {},
  buffer: new Set(),
  jobs: new Map(),
  versions: {},
  strategyChange: undefined,
  generation: 0,
  tokens: 0,
  finished: undefined,
};

export const foldProgress = (state: ProgressState, message: Message): ProgressState => {
  switch (message.type) {
    case "round.opened":
      return withRound(state, message);
    case "round.closed":
      return { ...state, closed: message, strategy: message.strategy };
    case "strategy.changed":
      return { ...state, strategy: message.after, strategyChange: message };
    case "question.posed":
      return inPhase(state, message.question, "solving");
    case "verdict.given":
      return advanced(state, message.question, "verifying");
    case "ballot.opened":
      return advanced(state, message.question, "voting");
    case "winner.elected":
      return advanced(state, message.question, "explaining");
    case "question.voided":
      return { ...without(state, message.question), voided: state.voided + ofNewest(state, message.round) };
    case "question.settled":
      return withSettled(state, message);
    case "question.answered":
      return without(state, message.dossier.question);
    case "training.requested":
      return withRequested(state, message);
    case "training.progressed":
      return withJob(state, message.job, message);
    case "training.failed":
    case "adapter.rejected":
      return withoutJob(state, message.job);
    case "adapter.published":
      return withVersion(withoutJob(state, message.job), message.model, message.version);
    case "adapter.withdrawn":
      return withVersion(state, message.model, message.restored);
    case "call.metered":
      return { ...state, tokens: state.tokens + message.promptTokens + message.completionTokens };
    case "run.extended":
      return { ...state, finished: undefined };
    case "run.finished":
      return { ...state, finished: message, inFlight: new Map() };
    default:
      return state;
  }
};

/** A round that reopens for missing questions keeps its counts. */
const withRound = (state: ProgressState, round: MessageOf<"round.opened">): ProgressState => {
  const isSame = state.round?.round === round.round;
  const counts = isSame ? {} : { settled: 0, voided: 0 };
  return { ...state, ...counts, round, strategy: round.strategy };
};

const inPhase = (state: ProgressState, question: string, phase: QuestionPhase): ProgressState => {
  return { ...state, inFlight: new Map(state.inFlight).set(question, phase) };
};

const ORDER: readonly QuestionPhase[] = ["solving", "verifying", "voting", "explaining"];

/** Phases only advance, and only of questions in flight: messages may arrive late. */
const advanced = (state: ProgressState, question: string, phase: QuestionPhase): ProgressState => {
  const before = state.inFlight.get(question);
  if (before === undefined || ORDER.indexOf(phase) <= ORDER.indexOf(before)) return state;
  return inPhase(state, question, phase);
};

const without = (state: ProgressState, question: string): ProgressState => {
  const inFlight = new Map(state.inFlight);
  inFlight.delete(question);
  return { ...state, inFlight };
};

/** 1 for a question of the round that was opened last; earlier ones may still be under way. */
const ofNewest = ({ round: newest }: ProgressState, round: number): number =>
  round === newest?.round ? 1 : 0;

const withSettled = (state: ProgressState, message: MessageOf<"question.settled">): ProgressState => {
  const { dossier, ratings, admissions } = message;
  const admitted = admissions.filter((admission) => admission.admitted).map(({ solutionId }) => solutionId);
  return {
    ...without(state, dossier.question),
    settled: state.settled + ofNewest(state, dossier.round),
    settledInAll: state.settledInAll + 1,
    ratings: { ...state.ratings, ...ratings },
    buffer: new Set([...state.buffer, ...admitted]),
  };
};

const withRequested = (state: ProgressState, message: MessageOf<"training.requested">): ProgressState => {
  const { job, model, version } = message;
  const buffer = new Set(state.buffer);
  for (const solutionId of message.samples) buffer.delete(solutionId);
  const queued = { model, version, state: "queued", step: 0, steps: 0, loss: undefined };
  const generation = Math.max(state.generation, message.generation);
  return { ...state, buffer, generation, jobs: new Map(state.jobs).set(job, queued) };
};

const withJob = (
  state: ProgressState,
  job: string,
  { state: jobState, step, steps, loss }: MessageOf<"training.progressed">,
): ProgressState => {
  const known = state.jobs.get(job);
  if (known === undefined) return state;
  const progressed = { ...known, state: jobState, step, steps, loss: step > 0 ? loss : known.loss };
  return { ...state, jobs: new Map(state.jobs).set(job, progressed) };
};

const withoutJob = (state: ProgressState, job: string): ProgressState => {
  const jobs = new Map(state.jobs);
  jobs.delete(job);
  return { ...state, jobs };
};

const withVersion = (state: ProgressState, model: string, version: number): ProgressState => ({
  ...state,
  versions: { ...state.versions, [model]: version },
});
