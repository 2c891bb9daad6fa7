import { describe, expect, test } from "vitest";
import { type AnyStateMachine, createMachine } from "xstate";
import { anchorMachine, readingMachine } from "../../machines/anchor.ts";
import { definitionOf } from "../../machines/definition.ts";
import { historianMachine } from "../../machines/historian.ts";
import { jobMachine } from "../../machines/job.ts";
import { modelMachine } from "../../machines/model.ts";
import { questionMachine } from "../../machines/question.ts";
import { refereeMachine } from "../../machines/referee.ts";
import { supervisorMachine } from "../../machines/supervisor.ts";
import { trainerMachine } from "../../machines/trainer.ts";
import { machineGraph } from "./machine-graph.ts";
import { machineView } from "./machine-texts.ts";

const machines: readonly AnyStateMachine[] = [
  ...[anchorMachine, readingMachine, historianMachine, jobMachine, modelMachine],
  ...[questionMachine, refereeMachine, supervisorMachine, trainerMachine],
];

interface Parsed {
  readonly states: string[];
  readonly arrows: string[];
  readonly initials: string[];
  readonly finals: string[];
}

/** The statements of a `stateDiagram-v2` that Agora writes; any other line is an error. */
const parsed = (text: string): Parsed => {
  const [open, title, close, kind, ...lines] = text.trimEnd().split("\n");
  expect([open, close, kind]).toEqual(["---", "---", "stateDiagram-v2"]);
  expect(title).toMatch(/^title: ".*"$/);
  const found: Parsed = { states: [], arrows: [], initials: [], finals: [] };
  let depth = 0;
  for (const line of lines.map((each) => each.trim())) {
    const [, state, brace] = /^state "[^"]*" as (\w+)( \{)?$/.exec(line) ?? [];
    const [, initial] = /^\[\*\] --> (\w+)$/.exec(line) ?? [];
    const [, final] = /^(\w+) --> \[\*\]$/.exec(line) ?? [];
    const arrow = /^(\w+) --> (\w+) : [^:;"{}]+$/.exec(line);
    if (state) found.states.push(state);
    else if (initial) found.initials.push(initial);
    else if (final) found.finals.push(final);
    else if (arrow) found.arrows.push(`${arrow[1]} ${arrow[2]}`);
    else if (line !== "}" && line !== "--") throw new Error(`not a statement: ${line}`);
    depth += (brace ? 1 : 0) - (line === "}" ? 1 : 0);
    expect(depth).toBeGreaterThanOrEqual(0);
  }
  expect(depth).toBe(0);
  return found;
};

describe.each(machines.map((machine) => [machine.id, machine] as const))("the texts of %s", (_, machine) => {
  const { config, code, mermaid } = machineView(definitionOf(machine));

  test("build a machine with the same states and transitions", () => {
    const rebuilt = createMachine(JSON.parse(config));
    expect(machineGraph(rebuilt)).toEqual(machineGraph(createMachine(definitionOf(machine) as object)));
    const shape = ({ source, target, event }: { source: string; target: string; event: string }) =>
      `${source} ${event} ${target}`;
    expect(machineGraph(rebuilt).edges.map(shape)).toEqual(machineGraph(machine).edges.map(shape));
    expect(machineGraph(rebuilt).nodes).toEqual(machineGraph(machine).nodes);
  });

  test("have the same configuration as code", () => {
    const [, inner = ""] =
      /^import \{ createMachine \} from "xstate";\n\nexport const machine = createMachine\((.*)\);\n$/s.exec(
        code,
      ) ?? [];
    expect(JSON.parse(inner)).toEqual(JSON.parse(config));
  });

  test("are a Mermaid diagram with every state, arrow, initial and final state", () => {
    const { nodes, edges } = machineGraph(machine);
    const { states, arrows, initials, finals } = parsed(mermaid);
    expect(new Set(states).size).toBe(states.length);
    const [root] = nodes;
    const drawn = states.includes(root?.label.replaceAll(/\W/g, "_") ?? "") ? nodes : nodes.slice(1);
    expect(states).toHaveLength(drawn.length);
    expect(arrows).toHaveLength(edges.length);
    expect(initials).toHaveLength(nodes.filter(({ initial }) => initial).length);
    expect(finals).toHaveLength(nodes.filter(({ kind }) => kind === "final").length);
    for (const arrow of arrows) expect(states).toEqual(expect.arrayContaining(arrow.split(" ")));
  });
});

describe("the texts of other machines", () => {
  test("replace what Mermaid cannot read, and keep states apart", () => {
    const { mermaid } = machineView({
      id: 'odd "one"',
      initial: "end",
      states: {
        end: { on: { "go:now;{x}": [{ target: ["a-b"] }] } },
        "a-b": { on: { back: [{ target: ["a_b"] }] } },
        a_b: { type: "final" },
      },
    });
    const { states, arrows } = parsed(mermaid);
    expect(states).toEqual(["end_", "a_b", "a_b_2"]);
    expect(arrows).toEqual(["end_ a_b", "a_b a_b_2"]);
  });

  test.each([[undefined], ["a text"], [{ id: "x", initial: 1 }], [{ states: [] }]])(
    "exist for %j",
    (definition) => {
      const { config, mermaid } = machineView(definition);
      expect(() => JSON.parse(config)).not.toThrow();
      expect(parsed(mermaid).arrows).toEqual([]);
    },
  );
});
