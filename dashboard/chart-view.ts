/** The resources of the statecharts: see view.ts. */

export interface ChartNode {
  /** Path in the machine, joined by dots; the root's path is "". */
  readonly id: string;
  readonly label: string;
  readonly parent?: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "history";
  /** True for the state that is entered with its parent. */
  readonly initial?: boolean;
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
  /** Arrows between the same two states share their points. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Centre of the label. */
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

/** One event of an agent. GET /api/events?agent=&state=&edge=&from=&until= returns the newest first, live only. */
export interface EventView {
  readonly at: number;
  readonly agent: string;
  readonly event: string;
  /** Active nodes before and after the event. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Ids of the arrows taken. */
  readonly arrows: readonly string[];
  /** Ids of the questions that the message is about. */
  readonly questions: readonly string[];
  /** Agents that sent the message, or the messages that the event brings. */
  readonly senders: readonly string[];
  /** The message, shortened. */
  readonly text: string;
}

/**
 * What a run's files hold of an agent's events. GET /api/recorded?agent=&state=&edge=&from=&until=&limit=
 * Their states and arrows are not recorded.
 */
export interface RecordedEvents {
  /** Newest first. */
  readonly events: readonly EventView[];
  /** Events of the part that no file holds. */
  readonly unrecorded: readonly string[];
}

/**
 * How often each arrow of an agent's or a crowd's chart was taken, by arrow id. GET /api/transitions?agent=&until=
 * Counted while a page is open; for a past time only crowds are counted.
 */
export type TransitionCounts = Readonly<Record<string, number>>;

/** A machine's definition as texts to copy. GET /api/machines/:chart */
export interface MachineView {
  /** XState v5 machine configuration as JSON, which `createMachine` accepts. */
  readonly config: string;
  /** The configuration as code, which Stately's editor imports. */
  readonly code: string;
  /** A Mermaid `stateDiagram-v2`. */
  readonly mermaid: string;
}
