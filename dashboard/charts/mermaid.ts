/**
 * A machine's graph as a Mermaid `stateDiagram-v2`.
 *
 * 1. Mermaid names states by plain words, so a state's path becomes one and its key is the label.
 * 2. An arrow stands in the innermost state that contains both of its ends: Mermaid draws it wrongly elsewhere.
 * 3. Mermaid's labels cannot contain colons, semicolons, quotation marks and braces; such characters are replaced.
 */
import type { GraphEdge, GraphNode, MachineGraph } from "./machine-graph.ts";

const reserved: ReadonlySet<string> = new Set([
  ...["as", "class", "classDef", "click", "default", "direction", "end", "hide", "href", "note", "scale"],
  ...["state", "stateDiagram", "style"],
]);

const idsOf = (nodes: readonly GraphNode[]): ReadonlyMap<string, string> => {
  const ids = new Map<string, string>();
  const used = new Set<string>();
  for (const { id, label } of nodes) {
    const word = (id === "" ? label : id).replaceAll(/\W/g, "_").replace(/^(?=\d|$)/, "s");
    const start = reserved.has(word) ? `${word}_` : word;
    let free = start;
    for (let next = 2; used.has(free); next += 1) free = `${start}_${next}`;
    used.add(free);
    ids.set(id, free);
  }
  return ids;
};

const replacements: Readonly<Record<string, string>> = { ":": "∶", ";": ",", '"': "'", "{": "(", "}": ")" };

const labelText = (text: string): string =>
  text.replaceAll(/[:;"{}]/g, (character) => replacements[character] ?? "").replaceAll(/\s+/g, " ");

const historyText = "H";
/** In place of a state's path: beside the root. */
const outside = "beside the root";

class Writer {
  readonly #children: ReadonlyMap<string | undefined, GraphNode[]>;
  readonly #parents: ReadonlyMap<string, string | undefined>;
  readonly #edges: ReadonlyMap<string, GraphEdge[]>;
  readonly #ids: ReadonlyMap<string, string>;

  constructor({ nodes, edges }: MachineGraph) {
    this.#children = Map.groupBy(nodes, ({ parent }) => parent);
    this.#parents = new Map(nodes.map(({ id, parent }) => [id, parent]));
    this.#ids = idsOf(nodes);
    this.#edges = Map.groupBy(edges, ({ source, target }) => this.#container(source, target));
  }

  /** The root needs a frame only if it is parallel or has arrows of its own. */
  lines(root: GraphNode): string[] {
    const own = this.#edgesAt(outside);
    if (root.kind === "compound" && own.length === 0) return this.#inside(root, "");
    return [...this.#state(root, ""), ...own.map((edge) => this.#arrow(edge, ""))];
  }

  /** The innermost state that contains both and is neither. */
  #container(source: string, target: string): string {
    const outer = [...this.#above(source)];
    return [...this.#above(target)].find((id) => outer.includes(id)) ?? outside;
  }

  *#above(id: string): Iterable<string> {
    for (let at = this.#parents.get(id); at !== undefined; at = this.#parents.get(at)) yield at;
  }

  #edgesAt(id: string): readonly GraphEdge[] {
    return this.#edges.get(id) ?? [];
  }

  #state(node: GraphNode, indent: string): string[] {
    const name = labelText(node.kind === "history" ? historyText : node.label);
    const head = `${indent}state "${name}" as ${this.#ids.get(node.id)}`;
    if (!this.#children.has(node.id)) return [head];
    return [`${head} {`, ...this.#inside(node, `${indent}  `), `${indent}}`];
  }

  #inside(node: GraphNode, indent: string): string[] {
    const children = this.#children.get(node.id) ?? [];
    const between = node.kind === "parallel" ? [`${indent}--`] : [];
    const states = children.flatMap((child, index) => [
      ...(index === 0 ? [] : between),
      ...this.#state(child, indent),
      ...this.#ends(child, indent),
    ]);
    return [...states, ...this.#edgesAt(node.id).map((edge) => this.#arrow(edge, indent))];
  }

  #ends({ id, kind, initial = false }: GraphNode, indent: string): string[] {
    return [
      ...(initial ? [`${indent}[*] --> ${this.#ids.get(id)}`] : []),
      ...(kind === "final" ? [`${indent}${this.#ids.get(id)} --> [*]`] : []),
    ];
  }

  #arrow({ source, target, label }: GraphEdge, indent: string): string {
    return `${indent}${this.#ids.get(source)} --> ${this.#ids.get(target)} : ${labelText(label)}`;
  }
}

/** The first node is the root; its name is the diagram's title. */
export const mermaidOf = (graph: MachineGraph): string => {
  const [root] = graph.nodes;
  if (root === undefined) return "stateDiagram-v2\n";
  const title = ["---", `title: ${JSON.stringify(labelText(root.label))}`, "---"];
  return [...title, "stateDiagram-v2", ...new Writer(graph).lines(root).map((line) => `  ${line}`), ""].join(
    "\n",
  );
};
