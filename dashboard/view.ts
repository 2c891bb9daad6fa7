/**
 * The JSON resources of the page: one per view, and the frame that reports changes.
 *
 * 1. A view is a fold over the journal up to a time (`?until=<ms>`), so live pages and replays read the same
 *    resources.
 * 2. A frame contains data that is not journaled (active states, flows, rates) and the revision of each view. The
 *    page reads a view again when its revision has changed.
 * 3. Any text may come from a model, so the page must show it as plain text.
 *
 * Times are epoch milliseconds.
 */

import type { Break } from "../machines/folds/sessions.ts";
import type { Admission, Dossier, Exemplar, Rating, Strategy } from "../runtime/messages.ts";
import type { AnswerView } from "./acts-view.ts";
import type { GrowthView } from "./growth-view.ts";
import type { SolutionOrigin } from "./origin-view.ts";

export type { Break } from "../machines/folds/sessions.ts";
export type {
  Chart,
  ChartEdge,
  ChartNode,
  EventView,
  MachineView,
  RecordedEvents,
  TransitionCounts,
} from "./chart-view.ts";
export type { AnchorPoint, GrowthView, RoundPoint, TokenCell, VerdictCell } from "./growth-view.ts";

/** GET /api/run */
export interface RunView {
  readonly run: string;
  /** True for a run that sends frames; false for a replay. */
  readonly live: boolean;
  readonly startedAt: number;
  /** Time of the newest record. */
  readonly newestAt: number;
  /** In time order; they are no time of the run. */
  readonly breaks: readonly Break[];
  readonly outcome?: string;
  /** The configuration without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the problems of each benchmark are, by name; empty if the task does not say. */
  readonly aboutBenchmarks: Readonly<Record<string, string>>;
}

/** The current state of one agent. */
export interface AgentView {
  readonly agent: string;
  readonly kind: string;
  readonly member: boolean;
  readonly chart: string;
  /** Ids of the active chart nodes. */
  readonly active: readonly string[];
  /** Ids of the arrows that were taken last, without the number of a further target; undefined if unknown. */
  readonly taken?: readonly string[];
  /** For a crowd: number of actors in each innermost state. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly lastEvent?: string;
  /** Current activity, such as "solver, verifier" or "idle". */
  readonly role: string;
  readonly model?: string;
  readonly endpoint?: string;
  readonly adapter: number;
  readonly tokensPerSecond: number;
  readonly gone?: string;
}

/** Messages from one agent to another since the last frame. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly count: number;
}

export type ViewName = "agents" | "questions" | "growth" | "training" | "history" | "acts";

/** A model's solution of the question on the stage, with what became of it. Texts may be shortened. */
export interface Speech {
  readonly author: string;
  readonly adapter: number;
  /** Undefined while the model has not answered. */
  readonly text?: string;
  readonly answer?: string;
  /** Correctness, with ground truth. */
  readonly right?: boolean;
  /** Peers that agree with it, and those that are asked. */
  readonly agreed: number;
  readonly asked: number;
  readonly check: "waiting" | "agreed" | "refused" | "undecided";
  /** The first peer that refuses it, and why. */
  readonly refusal?: { readonly verifier: string; readonly reason: string };
  /** Votes for it; undefined if it is in no vote. */
  readonly votes?: number;
  readonly isWinner: boolean;
  /** Whether it is kept for training; undefined before the question has ended. */
  readonly kept?: Admission["reason"] | "kept";
}

/** One question that the first view tells as a story. */
export interface Scene {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  readonly adapter: number;
  readonly text: string;
  /** How the question is to be read, if the task says so. */
  readonly rule?: string;
  /** The exact answer if the task has ground truth; the society never sees it. */
  readonly truth?: string;
  readonly stage: "solving" | "checking" | "voting" | "settled";
  /** At most four. */
  readonly speeches: readonly Speech[];
  /** Of the group's other members: how many there are, have answered, and are refused. */
  readonly others?: { readonly members: number; readonly answered: number; readonly refused: number };
  /** Votes cast in all. */
  readonly votes: number;
  /** Time from posed to settled [s]. */
  readonly seconds?: number;
}

/** Accuracy of one version on the external validation set. */
export interface AccuracyPoint {
  readonly at: number;
  readonly adapter: number;
  readonly accuracy: number;
  /** True if a later version was withdrawn for this one. */
  readonly isRestored?: boolean;
}

export interface AccuracyLine {
  /** Problems of the validation set that were asked; 0 before the first measurement. */
  readonly problems: number;
  /** Mean over the models, by generation of training: 0 for the base models. */
  readonly mean: readonly { readonly at: number; readonly generation: number; readonly accuracy: number }[];
  /** The first models by name, at most `maximumLines`; one that has not been measured yet has no points. */
  readonly models: readonly { readonly model: string; readonly points: readonly AccuracyPoint[] }[];
  /** Number of measured models. */
  readonly measured: number;
}

export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

/** What was measured on held-out problems after the end of the run. */
export interface ResultView {
  /** Problems of the first set. */
  readonly problems: number;
  readonly mean: BeforeAfter;
  readonly models: readonly ({ readonly model: string } & BeforeAfter)[];
  /** Means over the models for the other sets, examples and roles. */
  readonly sets: readonly ({
    readonly set: string;
    readonly kind: "zero-shot" | "elite-shot" | "role";
  } & BeforeAfter)[];
  /** Causes of missing figures, by model. */
  readonly unmeasured: Readonly<Record<string, string>>;
}

/** The state of a run in a few numbers. */
export interface Headline {
  readonly round?: number;
  readonly settled: number;
  readonly updates: number;
  readonly strategy: Strategy;
  /** The ten components of the paper's Table 2, as they are in force. */
  readonly components: Readonly<Record<string, boolean>>;
  readonly buffer: { readonly waiting: number; readonly threshold: number };
  /** Models that train now. */
  readonly training: readonly string[];
  readonly accuracy: AccuracyLine;
  /** Shares of right solutions among those that every peer accepted, and among all; only with ground truth. */
  readonly precision?: number;
  readonly raw?: number;
  /** Tokens of the society's calls, and time from its start to its end without breaks [s]. */
  readonly tokens: number;
  readonly seconds: number;
  /** Answers measured after the end, of the planned ones; undefined before and after measuring. */
  readonly measuring?: { readonly answered: number; readonly planned: number };
  /** True if the measuring was interrupted. */
  readonly isInterrupted?: boolean;
  readonly result?: ResultView;
}

/** At most one per 100 ms, as server-sent events at /feed. GET /api/frame?until= returns the frame of a past time. */
export interface Frame {
  readonly sequence: number;
  readonly at: number;
  /** All agents in the first frame of a connection; afterwards only changed ones. */
  readonly agents: readonly AgentView[];
  readonly flows: readonly Flow[];
  readonly revisions: Readonly<Record<ViewName, number>>;
  /** In the first frame of a connection, in frames of past times, and when it has changed. */
  readonly headline?: Headline;
  readonly scene?: Scene;
  readonly ended?: string;
}

/** The last event of the feed: why the server ends. */
export interface Farewell {
  readonly reason: string;
}

/** A line of the question list. GET /api/questions?outcome=&author=&from=&to=&text=&verifier=&solver=&posed=&sort=&order=&until=&offset=&limit= */
export interface QuestionLine {
  readonly question: string;
  readonly round: number;
  readonly at: number;
  readonly author: string;
  /** 0 for a question that a person asked. */
  readonly difficulty: number;
  readonly text: string;
  /** The person who asked it; undefined for the society's own. */
  readonly askedBy?: string;
  /** Disputed: at least one solution is verified and at least one verdict is a refusal. Open: a person's question without an answer. */
  readonly outcome: "settled" | "disputed" | "void" | "open";
  readonly verified: number;
  readonly solutions: number;
  readonly admitted: number;
  readonly winner?: string;
  /** Verified solutions that are wrong; only with ground truth. */
  readonly misled?: number;
  /** Who refused whose solution. */
  readonly refusals?: readonly (readonly [verifier: string, author: string])[];
}

export interface QuestionList {
  readonly total: number;
  readonly lines: readonly QuestionLine[];
}

/** GET /api/questions/:id */
export interface QuestionView {
  readonly line: QuestionLine;
  readonly dossier?: Dossier;
  readonly ratings?: Readonly<Record<string, Rating>>;
  readonly admissions: readonly Admission[];
  /** Why the question is void. */
  readonly reason?: string;
  /** The exact answer if the task has ground truth; the society never sees it. */
  readonly truth?: string;
  /** How the question is to be read, if the task says so. */
  readonly rule?: string;
  /** Correctness of each solution, by id; empty without ground truth. */
  readonly right: Readonly<Record<string, boolean>>;
  /** Time from posed to settled, or until now [s]. */
  readonly seconds: number;
  /** Version of the author that posed it; 0: the base model. */
  readonly adapter: number;
  /** The question that a void duplicate repeats. */
  readonly repeats?: string;
  /** By solution id. */
  readonly origins: Readonly<Record<string, SolutionOrigin>>;
  /** The messages about it in order, where the run's feed has their times. */
  readonly told?: readonly {
    readonly at: number;
    readonly type: string;
    readonly from: string;
    /** Ids of the solutions that it is about. */
    readonly about: readonly string[];
  }[];
  /** The phase of a question that is under way in a live run. */
  readonly phase?: string;
  /** The person who asked it, and the society's verdict so far. */
  readonly askedBy?: string;
  readonly answer?: AnswerView;
}

export interface JobView {
  readonly job: string;
  readonly model: string;
  readonly generation: number;
  readonly version: number;
  readonly samples: number;
  /** Training slot as the job reports it (row of the Gantt chart); undefined before its lease and in old records. */
  readonly slot?: number;
  /** States in order; the last one has no end while the job runs. */
  readonly spans: readonly { readonly state: string; readonly from: number; readonly to?: number }[];
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly steps: number;
  readonly outcome?: "published" | "rejected" | "failed" | "withdrawn";
  /** Zero-shot anchor accuracy of the current weights and of the candidate. */
  readonly before?: number;
  readonly after?: number;
  readonly cause?: string;
}

/** GET /api/training?until= */
export interface TrainingView {
  readonly slots: number;
  readonly buffer: { readonly waiting: number; readonly threshold: number };
  readonly jobs: readonly JobView[];
  /** Number of older jobs, if a run that plays has more than its page shows; earlier times have all. */
  readonly older?: number;
}

/** GET /api/history?until= */
export interface HistoryView {
  readonly strategy: Strategy;
  readonly since?: { readonly at: number; readonly round: number; readonly cause: string };
  readonly switches: GrowthView["switches"];
  readonly exemplars: readonly Exemplar[];
}
