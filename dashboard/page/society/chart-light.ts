/** Marks on a drawn chart what is active, which arrows were taken last, and how many actors are where. */
import type { AgentView, TransitionCounts } from "../../view.ts";
import { countsWithParents, heatOf } from "./heat.ts";

interface EdgeElements {
  /** Its id without the number of a further target. */
  readonly base: string;
  readonly edge: Element;
  /** The line that the arrow shares with others. */
  readonly line: Element | null;
}

export interface Elements {
  readonly nodes: ReadonlyMap<string, Element>;
  readonly edges: readonly EdgeElements[];
}

const lineOf = (edge: Element): string => edge.getAttribute("data-line") ?? "";

/** Arrows of a transition with several targets share an id up to a plus sign and a number. */
export const baseOf = (arrow: string): string => arrow.replace(/\+\d+$/, "");

export const elementsOf = (svg: Element): Elements => {
  const [edges, nodes] = [[...svg.querySelectorAll(".edge")], [...svg.querySelectorAll(".node")]];
  const lines = new Map(
    edges.map((edge) => [lineOf(edge), edge.querySelector(".line")] as const).toReversed(),
  );
  return {
    nodes: new Map(nodes.map((node) => [node.getAttribute("data-node") ?? "", node])),
    edges: edges.map((edge) => ({
      ...{ edge, base: baseOf(edge.getAttribute("data-edge") ?? "") },
      line: lines.get(lineOf(edge)) ?? null,
    })),
  };
};

/** Puts a class on some arrows and takes it from those that had it before. */
export const markArrows = (
  { edges }: Elements,
  mark: string,
  before: readonly string[],
  arrows: readonly string[],
): void => {
  const touched = edges.filter(({ base }) => before.includes(base) || arrows.includes(base));
  for (const { edge, line } of touched) for (const part of [edge, line]) part?.classList.remove(mark);
  for (const { base, edge, line } of touched) {
    if (arrows.includes(base)) for (const part of [edge, line]) part?.classList.add(mark);
  }
};

const lightCounts = ({ nodes }: Elements, counts: Readonly<Record<string, number>>): void => {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const known = countsWithParents(counts);
  for (const [id, node] of nodes) {
    const count = known.get(id) ?? 0;
    node.setAttribute("data-heat", String(heatOf(count, total)));
    const text = node.querySelector(".count");
    if (text !== null) text.textContent = count === 0 ? "" : String(count);
  }
};

export const light = (elements: Elements, before: AgentView | undefined, view: AgentView): void => {
  const active = new Set(view.active);
  for (const id of before?.active ?? []) if (!active.has(id)) elements.nodes.get(id)?.classList.remove("lit");
  for (const id of active) elements.nodes.get(id)?.classList.add("lit");
  if (view.counts !== undefined) lightCounts(elements, view.counts);
  const [was, taken] = [before?.taken ?? [], view.taken ?? []];
  if (was !== taken && was.join() !== taken.join()) markArrows(elements, "fired", was, taken);
};

/** Writes how often each arrow was taken behind its label. */
export const writeTimes = ({ edges }: Elements, counts: TransitionCounts): void => {
  for (const { base, edge } of edges) {
    const text = edge.querySelector(".times");
    const count = counts[base];
    if (text !== null) text.textContent = count === undefined ? "" : `×${count}`;
  }
};
