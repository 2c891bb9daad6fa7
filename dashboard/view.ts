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
import type { Admission, Dossier, Exemplar, Rating, Strategy } from "../runtime/messages.ts";

/** GET /api/run */
export interface RunView {
  readonly run: string;
  /** True for a run that sends frames; false for a replay. */
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
  /** Path in the machine, joined by dots; the root's path is "". */
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

/** The layout of a machine definition in absolute pixels. GET /api/charts returns all by id. */
export interface Chart {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
}

/** The current state of one agent. */
export interface AgentView {
  readonly agent: string;
  readonly kind: string;
  readonly member: boolean;
  readonly chart: string;
  /** Ids of the active chart nodes. */
  readonly active: readonly string[];
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

export type ViewName = "agents" | "questions" | "growth" | "training" | "history";

/** At most one per 100 ms, as server-sent events at /feed. GET /api/frame?until= returns the frame of a past time. */
export interface Frame {
  readonly sequence: number;
  readonly at: number;
  /** All agents in the first frame of a connection; afterwards only changed ones. */
  readonly agents: readonly AgentView[];
  readonly flows: readonly Flow[];
  readonly revisions: Readonly<Record<ViewName, number>>;
  readonly ended?: string;
}

/** One event of an agent. GET /api/events?agent=&state=&edge= returns the newest first, for live runs only. */
export interface EventView {
  readonly at: number;
  readonly agent: string;
  readonly event: string;
  /** Active nodes before and after the event. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The message, shortened. */
  readonly text: string;
}

/** A line of the question list. GET /api/questions?outcome=&author=&from=&to=&text=&until=&offset=&limit= */
export interface QuestionLine {
  readonly question: string;
  readonly round: number;
  readonly at: number;
  readonly author: string;
  readonly difficulty: number;
  readonly text: string;
  /** Disputed: at least one solution is verified and at least one verdict is a refusal. */
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
  /** Why the question is void. */
  readonly reason?: string;
  /** The exact answer if the task has ground truth; the society never sees it. */
  readonly truth?: string;
  /** How the question is to be read, if the task says so. */
  readonly rule?: string;
  /** Correctness of each solution, by id; empty without ground truth. */
  readonly right: Readonly<Record<string, boolean>>;
  /** Time from posed to settled [s]. */
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
  /** Mean length of a solution [characters]. */
  readonly responseLength: number;
  /** Share of correct solutions among the verified ones (precision) and among all (raw); only with ground truth. */
  readonly precision?: number;
  readonly raw?: number;
  /** Share of verified solutions, by model. */
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
  /** True if the model used these weights from then on; a candidate's become true on publication. */
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
  /** μ and σ of all members, at most one point per round. */
  readonly ratings: readonly {
    readonly round: number;
    readonly at: number;
    readonly ratings: Readonly<Record<string, Rating>>;
  }[];
  /** Per generation: time from the first sample to a full buffer [s]. */
  readonly fillings: readonly {
    readonly generation: number;
    /** Time when the buffer was full; jobs of the previous generation may still train then. */
    readonly at: number;
    readonly seconds: number;
  }[];
  /** Verdict counts by verifier and author, with the errors if the task has ground truth. */
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

/** Costs of one model's calls in one role. */
export interface TokenCell {
  readonly model: string;
  readonly role: string;
  readonly calls: number;
  readonly promptTokens: number;
  /** Of the prompt tokens, those that endpoints say they had cached. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly seconds: number;
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
}

/** GET /api/history?until= */
export interface HistoryView {
  readonly strategy: Strategy;
  readonly since?: { readonly at: number; readonly round: number; readonly cause: string };
  readonly exemplars: readonly Exemplar[];
}
