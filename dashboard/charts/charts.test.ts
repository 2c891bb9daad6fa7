import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { definitionOf } from "../../machines/definition.ts";
import { jobMachine } from "../../machines/job.ts";
import { questionMachine } from "../../machines/question.ts";
import type { Chart, ChartNode } from "../view.ts";
import { Charts } from "./charts.ts";
import { layOut } from "./layout.ts";
import { shippedCharts, shippedFile } from "./shipped.ts";
import { shippedText } from "./write-shipped.ts";

const draw = (definition: unknown) => layOut("chart", JSON.parse(JSON.stringify(definition)));

const nodeOf = ({ nodes }: Chart, id: string): ChartNode => {
  const found = nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
};

const contains = (outer: ChartNode, inner: ChartNode): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height;

const overlap = (left: ChartNode, right: ChartNode): boolean =>
  left.x < right.x + right.width &&
  right.x < left.x + left.width &&
  left.y < right.y + right.height &&
  right.y < left.y + left.height;

describe.each([...shippedCharts().values()].map((chart) => [nodeOf(chart, "").label, chart] as const))(
  "the shipped chart of the %s machine",
  (_, chart) => {
    test("has nested, non-overlapping states and an arrow from each source to its target", () => {
      for (const node of chart.nodes) {
        expect(node.width * node.height).toBeGreaterThan(0);
        if (node.parent !== undefined) expect(contains(nodeOf(chart, node.parent), node)).toBe(true);
        for (const sibling of chart.nodes) {
          if (sibling.parent === node.parent && sibling.id < node.id)
            expect(overlap(sibling, node), `${sibling.id} over ${node.id}`).toBe(false);
        }
      }
      expect(new Set(chart.edges.map(({ id }) => id)).size).toBe(chart.edges.length);
      for (const { id, source, target, points, labelAt } of chart.edges) {
        expect([nodeOf(chart, source), nodeOf(chart, target)]).toHaveLength(2);
        expect(points.length, id).toBeGreaterThan(1);
        expect(labelAt).toBeDefined();
      }
    });
  },
);

describe("a chart's arrows", () => {
  test("are labelled with the event, delay, invocation, end of the children or guard", async () => {
    const { edges } = await draw({
      id: "words",
      initial: "a",
      states: {
        a: {
          on: { go: [{ target: ["b"], guard: "isReady" }], "*": [{ target: ["c"] }] },
          after: { 1500: [{ target: ["b"] }], 20: [{ target: ["b"] }], deadline: [{ target: ["c"] }] },
          always: [{ target: ["b"], guard: "unnamed" }, { target: ["c"] }],
        },
        b: {
          invoke: [
            { id: "train", src: "train", onDone: [{ target: ["c"] }], onError: [{ target: ["a"] }] },
            { src: "call", onDone: [{ target: ["c"] }] },
          ],
        },
        c: { initial: "x", states: { x: { type: "final" } }, onDone: [{ target: ["a"] }] },
      },
    });
    expect(edges.map(({ source, target, event, label }) => [source, target, event, label])).toEqual([
      ["a", "b", "go", "go [isReady]"],
      ["a", "c", "anything else", "anything else"],
      ["a", "b", "after 20 ms", "after 20 ms"],
      ["a", "b", "after 1.5 s", "after 1.5 s"],
      ["a", "c", "after deadline", "after deadline"],
      ["a", "b", "", "[…]"],
      ["a", "c", "", "at once"],
      ["b", "c", "train done", "train done"],
      ["b", "a", "train failed", "train failed"],
      ["b", "c", "call done", "call done"],
      ["c", "a", "done", "done"],
    ]);
  });

  test("a transition with several targets gives several arrows, one without a target gives none", async () => {
    const { edges, nodes } = await draw({
      id: "several",
      type: "parallel",
      on: { both: [{ target: [".l.b", ".r.b"] }], none: [{}] },
      states: {
        l: { initial: "a", states: { a: {}, b: {} } },
        r: { initial: "a", states: { a: {}, b: {}, past: { type: "history", history: "deep" } } },
      },
    });
    expect(edges.map(({ id, target }) => [id, target])).toEqual([
      ["#0", "l.b"],
      ["#0+1", "r.b"],
    ]);
    expect(nodes.map(({ kind }) => kind)).toEqual([
      ...["parallel", "compound", "atomic", "atomic"],
      ...["compound", "atomic", "atomic", "history"],
    ]);
  });
});

describe("an invalid machine definition", () => {
  const deep = (depth: number): object =>
    depth === 0 ? {} : { initial: "a", states: { a: deep(depth - 1) } };
  const wide = {
    initial: "s0",
    states: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`s${n}`, {}])),
  };

  test.each([
    ["nothing", undefined],
    ["a text", "a machine"],
    ["an invalid initial state", { id: "odd", initial: 1, states: { b: { states: { c: {} } } } }],
    ["a missing target", { id: "odd", initial: "a", states: { a: { on: { go: "b" } } } }],
    ["states nested too deeply", deep(50)],
    ["too many states", { id: "odd", ...wide }],
    ["markup", { id: "<script>alert(1)</script>", initial: 1, states: [] }],
  ])("%s is drawn as one state", async (_, definition) => {
    const { nodes, edges } = await layOut("chart", definition);
    const id = (definition as { id?: string } | undefined)?.id;
    expect([nodes.length, edges.length]).toEqual([1, 0]);
    expect(nodes[0]).toMatchObject({ id: "", label: id ?? "unknown" });
  });
});

test("the shipped charts are those of this tree's machines (else: npm run reference)", async () => {
  expect(readFileSync(shippedFile, "utf8")).toBe(await shippedText());
});

test("a shipped chart needs no layout", async () => {
  const charts = new Charts();
  const id = charts.learn(definitionOf(jobMachine));
  expect((await charts.all())[id]).toBe(shippedCharts().get(id));
});

test("charts are laid out in a worker thread, once per definition", async () => {
  const charts = new Charts();
  const two = [questionMachine, jobMachine].map((machine) => ({ ...definitionOf(machine), id: "another" }));
  const ids = [...two, ...two.slice(0, 1)].map((definition) => charts.learn(definition));
  expect(ids[0]).toBe(ids[2]);
  const [first, again] = await Promise.all([charts.all(), charts.all()]);
  expect(Object.keys(first)).toEqual(ids.slice(0, 2));
  expect(first[ids[0] ?? ""]).toEqual(await layOut(ids[0] ?? "", two[0]));
  const strange = charts.learn({ id: "strange", initial: "here", states: { here: { on: { go: "away" } } } });
  expect((await charts.all())[strange]?.nodes).toHaveLength(1);
  expect(again[ids[0] ?? ""]).toBe(first[ids[0] ?? ""]);
});
