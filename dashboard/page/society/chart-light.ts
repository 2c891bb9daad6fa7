/** Marks on a drawn chart what is active, which arrows were taken last, and how many actors are where. */
import type { AgentView, TransitionCounts } from "../../view.ts";
import { countsWithParents, heatOf } from "./heat.ts";

interface EdgeElements {
  readonly edge: Element;
  /** The line that the arrow shares with others. */
  readonly line: Element | null;
}

export interface Elements {
  readonly nodes: ReadonlyMap<string, Element>;
  readonly edges: ReadonlyMap<string, EdgeElements>;
}

export const elementsOf = (svg: Element): Elements => {
  const edges = [...svg.querySelectorAll(".edge")];
  const lines = new Map(
    edges.flatMap((edge) => {
      const line = edge.querySelector(".line");
      return line === null ? [] : [[edge.getAttribute("data-line") ?? "", line] as const];
    }),
  );
  return {
    nodes: new Map(
      [...svg.querySelectorAll(".node")].map((node) => [node.getAttribute("data-node") ?? "", node]),
    ),
    edges: new Map(
      edges.map((edge) => [
        edge.getAttribute("data-edge") ?? "",
        { edge, line: lines.get(edge.getAttribute("data-line") ?? "") ?? null },
      ]),
    ),
  };
};

/** Arrows of a transition with several targets share an id up to a plus sign and a number. */
const baseOf = (arrow: string): string => arrow.replace(/\+\d+$/, "");

/** Puts a class on the arrows with these ids, and takes it from all others. */
export const markArrows = ({ edges }: Elements, mark: string, arrows: readonly string[]): void => {
  const lines = new Set<Element>();
  for (const [id, { edge, line }] of edges) {
    const isMarked = arrows.includes(baseOf(id));
    edge.classList.toggle(mark, isMarked);
    if (line !== null && isMarked) lines.add(line);
  }
  for (const { line } of edges.values()) line?.classList.toggle(mark, lines.has(line));
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
  const taken = view.taken ?? [];
  if (before !== undefined && before.taken?.join() === taken.join()) return;
  markArrows(elements, "fired", taken);
};

/** Writes how often each arrow was taken behind its label. */
export const writeTimes = ({ edges }: Elements, counts: TransitionCounts): void => {
  for (const [id, { edge }] of edges) {
    const text = edge.querySelector(".times");
    const count = counts[baseOf(id)];
    if (text !== null) text.textContent = count === undefined ? "" : `×${count}`;
  }
};
