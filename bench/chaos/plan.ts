/** What happens to each society, drawn from a seed: equal seeds give equal plans. */
import { chanceOf, pickOne } from "../../machines/random.ts";
import {
  type Fault,
  type FaultKind,
  faultKinds,
  isMessageFault,
  isModelFault,
  isStandbyFault,
  shareOf,
} from "./fault.ts";

/**
 * `plain`: scripted models behind HTTP, and a NATS server without JetStream. `standby`: with JetStream, and a second
 * host that waits for the first to die. `pocket`: embedded models that are trained.
 */
export type SocietyKind = "plain" | "standby" | "pocket";

export interface Plan {
  readonly kind: SocietyKind;
  readonly seed: number;
  readonly faults: readonly Fault[];
}

/** Members by the process that plays them. */
export interface Group {
  readonly hosted: readonly string[];
  readonly joined: readonly string[];
}

export const groupOf = (kind: SocietyKind): Group =>
  kind === "pocket"
    ? { hosted: ["wren", "mole"], joined: ["otter"] }
    : { hosted: ["ant", "bee"], joined: ["cat", "dan"] };

/** Faults of one society: more make runs longer, and a violation harder to trace. */
export const mostFaults = 25;

/** A takeover waits until a lease expires, so those that need one are rare where there is a standby. */
const shareIn = (kind: SocietyKind, fault: FaultKind): number => {
  if (isStandbyFault(fault) && kind !== "standby") return 0;
  if (isModelFault(fault) && kind === "pocket") return 0;
  return kind === "standby" && (fault === "host killed" || fault === "disk full")
    ? shareOf(fault) / 2
    : shareOf(fault);
};

const drawnKind = (kind: SocietyKind, possible: readonly FaultKind[], chance: number): FaultKind => {
  const total = possible.reduce((sum, fault) => sum + shareIn(kind, fault), 0);
  let left = chance * total;
  for (const fault of possible) {
    left -= shareIn(kind, fault);
    if (left < 0) return fault;
  }
  return "server restarted";
};

const targetsOf = (fault: FaultKind, { hosted, joined }: Group): readonly string[] => {
  if (isModelFault(fault)) return [...hosted, ...joined];
  if (isMessageFault(fault) || fault.startsWith("member")) return joined;
  if (fault.startsWith("link") || fault.startsWith("clock")) return ["host", ...joined];
  if (fault.startsWith("peer")) return ["eve"];
  if (fault === "server restarted") return ["server"];
  return [fault === "standby killed" ? "standby" : "host"];
};

/** A host has to be stalled for longer than its lease lasts [s]. */
const secondsOf = (fault: FaultKind, chance: number): number =>
  fault === "host stalled" ? 13 : 0.2 + 2.8 * chance ** 2;

/** @param first id of the first fault. */
export const planOf = (
  kind: SocietyKind,
  seed: number,
  { count, first, possible = faultKinds }: PlanOptions,
): Plan => {
  const group = groupOf(kind);
  const faults = Array.from({ length: count }, (_, index): Fault => {
    const draw = (what: string): number => chanceOf(seed, kind, index, what);
    const fault = drawnKind(kind, possible, draw("kind"));
    return {
      id: first + index,
      kind: fault,
      target: pickOne(targetsOf(fault, group), seed, kind, index, "target") ?? "host",
      gap: Math.floor(3 * draw("gap")),
      seconds: secondsOf(fault, draw("seconds")),
      count: 1 + Math.floor(4 * draw("count")),
    };
  });
  return { kind, seed, faults };
};

export interface PlanOptions {
  readonly count: number;
  readonly first: number;
  /** Only these kinds; default: all. */
  readonly possible?: readonly FaultKind[] | undefined;
}
