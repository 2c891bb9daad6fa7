/** The charts: arrows name the messages that cause them, and states wait for something. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type AnyStateMachine, StateMachine } from "xstate";
import { schemas } from "../runtime/messages.ts";
import { definitionOf, type StateDefinition, type TransitionDefinition } from "./definition.ts";
import { everyMachine } from "./every-machine.ts";

interface Arrow {
  readonly label: string;
  /** Names a message, the outcome of an invocation or of work, or a delay. */
  readonly isExplained: boolean;
}

type Transitions = readonly TransitionDefinition[] | undefined;

/** A transition without a target changes no state: it is no arrow. */
const arrowsOf = (
  event: string,
  isExplained: (arrow: TransitionDefinition) => boolean,
  given: Transitions,
): Arrow[] =>
  (given ?? []).flatMap((transition) =>
    (transition.target ?? []).map((target) => ({
      label: `${event} [${transition.guard ?? ""}] → ${target}`,
      isExplained: isExplained(transition),
    })),
  );

const isNamed = ({ guard }: TransitionDefinition): boolean =>
  guard !== undefined && !guard.includes("unnamed");
/** What a machine hears from its own children. */
const isOutcome = (event: string): boolean => event === "work.ended" || event === "reading.taken";
const isMessage = (event: string): boolean => Object.hasOwn(schemas, event);

const ownArrows = ({ on = {}, after = {}, always, onDone, invoke = [] }: StateDefinition): Arrow[] => [
  ...Object.entries(on).flatMap(([event, given]) =>
    arrowsOf(event, (arrow) => isMessage(event) || (isOutcome(event) && isNamed(arrow)), given),
  ),
  ...Object.entries(after).flatMap(([delay, given]) => arrowsOf(delay, () => !/^\d+$/.test(delay), given)),
  ...invoke.flatMap(({ src, ...ends }) => [
    ...arrowsOf(`${src} done`, () => true, ends.onDone),
    ...arrowsOf(`${src} failed`, () => true, ends.onError),
  ]),
  ...[always, onDone].flatMap((given) => arrowsOf("at once", () => false, given)),
];

const statesOf = (state: StateDefinition, name = ""): (readonly [string, StateDefinition])[] => [
  [name, state],
  ...Object.entries(state.states ?? {}).flatMap(([key, inner]) => statesOf(inner, `${name}.${key}`)),
];

/** Whether a message, a delay or an invocation can cause a transition here or in a nested state. */
const waits = ({ type, on, after, invoke, states = {} }: StateDefinition): boolean =>
  type === "final" ||
  [on, after, invoke].some((given) => given !== undefined) ||
  Object.values(states).some(waits);

const isLeftAtOnce = ({ always = [] }: StateDefinition): boolean =>
  always.some(({ target, guard }) => target !== undefined && guard === undefined);

const idsOf = (machines: Iterable<AnyStateMachine>): string[] => [...machines].map(({ id }) => id).toSorted();

describe.each(everyMachine.map((machine) => [machine.id, definitionOf(machine)] as const))(
  "the chart of %s",
  (id, definition) => {
    test("names a message, an outcome or a delay on three quarters of its arrows at least", () => {
      const arrows = statesOf(definition).flatMap(([, state]) => ownArrows(state));
      const explained = arrows.filter(({ isExplained }) => isExplained);
      console.info(`${id}: ${explained.length} of ${arrows.length} arrows say what they wait for`);
      expect(arrows.length).toBeGreaterThan(0);
      const others = arrows.filter(({ isExplained }) => !isExplained).map(({ label }) => label);
      expect(explained.length / arrows.length, others.join(", ")).toBeGreaterThanOrEqual(0.75);
    });

    test("has no state that waits for nothing", () => {
      const idle = (state: StateDefinition, inherits: boolean, name: string): string[] => {
        const hears = inherits || state.on !== undefined || state.after !== undefined;
        const inner = Object.entries(state.states ?? {});
        const here = isLeftAtOnce(state) || !(hears || waits(state)) ? [name] : [];
        return [...here, ...inner.flatMap(([key, each]) => idle(each, hears, `${name}.${key}`))];
      };
      expect(idle(definition, false, id)).toEqual([]);
    });

    test("has a name for every guard", () => {
      expect(JSON.stringify(definition)).not.toContain('"unnamed');
    });
  },
);

test("every machine that a file here defines is among those that are checked and drawn", async () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const modules: readonly object[] = await Promise.all(files.map((name) => import(`./${name}`)));
  const defined = modules
    .flatMap((module) => Object.values(module))
    .filter((value) => value instanceof StateMachine);
  expect(idsOf(new Set(defined))).toEqual(idsOf(everyMachine));
});
