/** The rows and lanes of a sequence diagram. In a large group, messages of one kind that come together share a row. */
import { questionLane, refereeLane, type Step } from "./steps.ts";

export interface Row {
  readonly type: string;
  readonly steps: readonly Step[];
}

/** With more lanes than this, rows are shared. */
const maximumSingleLanes = 10;
/** Maximum messages in a shared row. */
const maximumShared = 8;
/** Kinds that end a phase: no row is shared across them. */
const phases: ReadonlySet<string> = new Set([
  ...["question.posed", "ballot.opened", "winner.elected", "question.closed", "question.settled"],
]);

/** The question first, then the agents in the order in which they speak or hear, the referee last. */
export const lanesOf = (steps: readonly Step[]): string[] => {
  const named = new Set(steps.flatMap(({ from, to }) => [from, ...to]));
  named.delete(questionLane);
  named.delete(refereeLane);
  const ends = steps.some(({ from, to }) => from === refereeLane || to.includes(refereeLane));
  return [questionLane, ...named, ...(ends ? [refereeLane] : [])];
};

interface OpenRow {
  readonly type: string;
  readonly steps: Step[];
}

export const rowsOf = (steps: readonly Step[], lanes: number): Row[] => {
  if (lanes <= maximumSingleLanes) return steps.map((step) => ({ type: step.type, steps: [step] }));
  const rows: OpenRow[] = [];
  let open = new Map<string, OpenRow>();
  for (const step of steps) {
    const { type } = step;
    const known = open.get(type);
    if (phases.has(type)) open = new Map();
    if (known && !phases.has(type) && known.steps.length < maximumShared) {
      known.steps.push(step);
      continue;
    }
    const fresh: OpenRow = { type, steps: [step] };
    rows.push(fresh);
    open.set(type, fresh);
  }
  return rows;
};

const countOf = (texts: readonly string[], sign: string): number =>
  texts
    .join(", ")
    .split(", ")
    .filter((text) => text.startsWith(sign)).length;

const plurals: Readonly<Record<string, string>> = {
  "solution.offered": "solutions",
  "solution.withheld": "have no solution",
  "verdict.requested": "requests for more verdicts",
  "ballot.cast": "ballots",
  "remark.made": "remarks",
};

export const rowText = ({ type, steps }: Row): string => {
  const [first] = steps;
  if (first === undefined || steps.length === 1) return first?.text ?? "";
  const texts = steps.map(({ text }) => text);
  if (type === "verdict.given") return `verdicts: ${countOf(texts, "✓")} ✓, ${countOf(texts, "✗")} ✗`;
  return `${steps.length} ${plurals[type] ?? type}`;
};

/** `1.2 s`, or `1.2–3.4 s` for a row that several messages share; empty without times. */
export const rowTime = ({ steps }: Row): string => {
  const times = steps.flatMap(({ seconds }) => seconds ?? []);
  if (times.length === 0) return "";
  const [low, high] = [Math.min(...times), Math.max(...times)].map((time) =>
    time.toFixed(time < 100 ? 2 : 0),
  );
  return low === high ? `${low} s` : `${low}–${high} s`;
};
