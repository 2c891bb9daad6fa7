/**
 * What the page shows: one plain-JSON resource per view, and the frame that says what has changed.
 *
 * 1. A view is a fold over the journal up to one instant (`?until=<ms>`): live and replay read the same resources.
 * 2. A frame carries what is never journaled (active states, flows, rates) and the revision of each view; the page
 *    reads a view again when its revision has changed.
 * 3. Every text in here may come from a model: whoever shows it shows it as text.
 *
 * Times are epoch milliseconds.
 */
import type { Admission, Dossier, Exemplar, Rating, Strategy } from "../runtime/messages.ts";

/** GET /api/run */
export interface RunView {
  readonly run: string;
  /** A live run is followed by frames; any other is replayed. */
  readonly live: boolean;
  readonly startedAt: number;
  /** Time of the newest record. */
  readonly newestAt: number;
  readonly outcome?: string;
  /** The configuration without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The ten components of the paper's Table 2. */
  readonly components: Readonly<Record<string, boolean>>;
}

export interface ChartNode {
  /** Path in the machine, parts joined by dots; the root's is "". */
  readonly id: string;
  readonly label: string;
  readonly parent?: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "history";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ChartEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** The event, with its guard in brackets. */
  readonly label: string;
  readonly event: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly labelAt?: readonly [x: number, y: number];
}

/** A machine definition, laid out; coordinates are absolute pixels. GET /api/charts gives them by id. */
export interface Chart {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
}

/** One agent as it is now. */
export interface AgentView {
  readonly agent: string;
  readonly kind: string;
  readonly member: boolean;
  readonly chart: string;
  /** Ids of the active chart nodes. */
  readonly active: readonly string[];
  readonly lastEvent?: string;
  /** What it is doing in words, such as "solver, verifier" or "idle". */
  readonly role: string;
  readonly model?: string;
  readonly endpoint?: string;
  readonly adapter: number;
  readonly tokensPerSecond: number;
  readonly gone?: string;
}

/** Messages from one agent to those that hear them, since the frame before. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly count: number;
}

export type ViewName = "agents" | "questions" | "growth" | "training" | "history";

/** At most one per 100 ms, over server-sent events at /feed; GET /api/frame?until= gives that of a past instant. */
export interface Frame {
  readonly sequence: number;
  readonly at: number;
  /** All agents in the first frame of a connection, afterwards those that changed. */
  readonly agents: readonly AgentView[];
  readonly flows: readonly Flow[];
  readonly revisions: Readonly<Record<ViewName, number>>;
  readonly ended?: string;
}

/** One thing an agent went through. GET /api/events?agent=&state=&edge= gives the newest first, live only. */
export interface EventView {
  readonly at: number;
  readonly agent: string;
  readonly event: string;
  /** Active nodes before and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The message, shortened. */
  readonly text: string;
}

/** A line of the searchable list. GET /api/questions?outcome=&author=&from=&to=&text=&until=&offset=&limit= */
export interface QuestionLine {
  readonly question: string;
  readonly round: number;
  readonly at: number;
  readonly author: string;
  readonly difficulty: number;
  readonly text: string;
  /** Disputed: some solutions were verified and some refused. */
  readonly outcome: "settled" | "disputed" | "void";
  readonly verified: number;
  readonly solutions: number;
  readonly admitted: number;
  readonly winner?: string;
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
  /** Why it is void. */
  readonly reason?: string;
  /** The exact answer where the task knows it; the society never sees it. */
  readonly truth?: string;
  /** Whether each solution is right, by id, where the truth is known. */
  readonly right: Readonly<Record<string, boolean>>;
  /** From posed to settled [s]. */
  readonly seconds: number;
}

export interface RoundPoint {
  readonly round: number;
  readonly at: number;
  readonly passRate: number;
  readonly target: number;
  readonly difficulty: number;
  readonly surprise: number;
  readonly strategy: Strategy;
  readonly settled: number;
  readonly voided: number;
  readonly admitted: number;
  /** Mean characters per solution. */
  readonly responseLength: number;
  /** Shares of this round's solutions that are truly right: verified ones, and all. Where truth is known. */
  readonly precision?: number;
  readonly raw?: number;
  /** Share of each model's solutions that was verified. */
  readonly accuracy: Readonly<Record<string, number>>;
}

export interface AnchorPoint {
  readonly at: number;
  readonly round: number;
  readonly model: string;
  readonly adapter: number;
  readonly purpose: "baseline" | "anchor" | "gate";
  readonly zeroShot: number;
  readonly eliteShot: number;
  /** Whether these weights spoke for the model from then on: a candidate's do once they are published. */
  readonly inForce: boolean;
}

/** GET /api/growth?until= */
export interface GrowthView {
  readonly models: readonly string[];
  readonly rounds: readonly RoundPoint[];
  readonly anchors: readonly AnchorPoint[];
  readonly switches: readonly {
    readonly round: number;
    readonly at: number;
    readonly after: Strategy;
    readonly cause: string;
  }[];
  /** μ and σ of the whole group, at most one point per round. */
  readonly ratings: readonly {
    readonly round: number;
    readonly at: number;
    readonly ratings: Readonly<Record<string, Rating>>;
  }[];
  /** One per generation: how long the buffer took to fill, from the first sample to the threshold [s]. */
  readonly fillings: readonly {
    readonly generation: number;
    /** When it was full; jobs of the generation before may have trained on. */
    readonly at: number;
    readonly seconds: number;
  }[];
  /** Verdicts by verifier and author: who refuses whom, and how often wrongly where truth is known. */
  readonly verdicts: readonly VerdictCell[];
  readonly tokens: readonly TokenCell[];
}

export interface VerdictCell {
  readonly verifier: string;
  readonly author: string;
  readonly accepted: number;
  readonly refused: number;
  readonly abstained: number;
  readonly falseAccepts: number;
  readonly falseRefusals: number;
}

/** What calls of one role cost. */
export interface TokenCell {
  readonly model: string;
  readonly role: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly seconds: number;
}

export interface JobView {
  readonly job: string;
  readonly model: string;
  readonly generation: number;
  readonly version: number;
  readonly samples: number;
  /** Row of the Gantt chart, as the job told it; undefined before its lease, and in records that do not tell it. */
  readonly slot?: number;
  /** States in order; the last is open while the job lives. */
  readonly spans: readonly { readonly state: string; readonly from: number; readonly to?: number }[];
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly steps: number;
  readonly outcome?: "published" | "rejected" | "failed" | "withdrawn";
  /** Anchor accuracy, zero-shot, of the weights in force and of the candidate. */
  readonly before?: number;
  readonly after?: number;
  readonly cause?: string;
}

/** GET /api/training?until= */
export interface TrainingView {
  readonly slots: number;
  readonly buffer: { readonly waiting: number; readonly threshold: number };
  readonly jobs: readonly JobView[];
}

/** GET /api/history?until= */
export interface HistoryView {
  readonly strategy: Strategy;
  readonly since?: { readonly at: number; readonly round: number; readonly cause: string };
  readonly exemplars: readonly Exemplar[];
}
