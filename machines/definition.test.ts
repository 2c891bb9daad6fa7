import { describe, expect, test } from "vitest";
import {
  type AnyStateMachine,
  type AnyStateNode,
  and,
  assign,
  createMachine,
  fromPromise,
  not,
  or,
  setup,
} from "xstate";
import { anchorMachine, readingMachine } from "./anchor.ts";
import { definitionOf, type StateDefinition } from "./definition.ts";
import { historianMachine } from "./historian.ts";
import { jobMachine } from "./job.ts";
import { modelMachine } from "./model.ts";
import { questionMachine } from "./question.ts";
import { refereeMachine } from "./referee.ts";
import { supervisorMachine } from "./supervisor.ts";
import { trainerMachine } from "./trainer.ts";

const machines: readonly AnyStateMachine[] = [
  ...[anchorMachine, readingMachine, historianMachine, jobMachine, modelMachine],
  ...[questionMachine, refereeMachine, supervisorMachine, trainerMachine],
];

/** Every transition of a machine as event, source and targets. */
const transitionsOf = (node: AnyStateNode): string[] => [
  ...[...node.transitions.values(), node.always ?? []]
    .flat()
    .map(
      ({ eventType, source, target = [] }) =>
        `${eventType} ${source.id} → ${target.map(({ id }) => id).join()}`,
    ),
  ...Object.values(node.states).flatMap(transitionsOf),
];

const rebuilt = (machine: AnyStateMachine): AnyStateMachine =>
  createMachine(JSON.parse(JSON.stringify(definitionOf(machine))));

describe("a definition", () => {
  test.each(machines.map((machine) => [machine.id, machine] as const))(
    "of %s is plain JSON from which the same machine can be built",
    (_, machine) => {
      const definition = definitionOf(machine);
      expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
      expect(JSON.stringify(definition).length).toBeLessThan(5_000);
      expect(transitionsOf(rebuilt(machine).root)).toEqual(transitionsOf(machine.root));
    },
  );

  const odd = setup({
    types: { context: {} as { count: number } },
    actors: { call: fromPromise(async () => 1) },
    guards: { isFull: () => true, is: (_, __: string) => true },
    actions: { tell: () => {} },
  }).createMachine({
    id: "odd",
    context: { count: 0 },
    initial: "resting",
    invoke: { id: "call", src: "call", onDone: ".ended", onError: {} },
    states: {
      resting: {
        entry: Object.assign(() => {}, { secret: Symbol("hidden") }),
        on: {
          first: { guard: { type: "is", params: "mine" }, target: "ended" },
          second: [
            { guard: and(["isFull", not("isFull")]), actions: ["tell", assign({ count: 1 })] },
            { guard: or(["isFull", ({ context }) => context.count > 0]), target: "ended" },
          ],
          third: { guard: () => true, target: "#odd.group.past" },
          "*": { target: "resting", reenter: true },
        },
        after: { 500: "ended" },
      },
      group: { initial: "a", states: { a: {}, past: { type: "history", history: "deep", target: "a" } } },
      ended: { type: "final" },
    },
  });

  test("names guards and actions, and holds no function, symbol or context", () => {
    const resting = definitionOf(odd).states?.resting;
    expect(resting).toEqual({
      on: {
        first: [{ target: ["ended"], guard: "is(mine)" }],
        second: [
          { guard: "isFull and not isFull", actions: ["tell"] },
          { target: ["ended"], guard: "isFull or unnamed" },
        ],
        third: [{ target: ["#odd.group.past"], guard: "unnamed" }],
        "*": [{ target: ["resting"], reenter: true }],
      },
      after: { 500: [{ target: ["ended"] }] },
    });
    expect(definitionOf(odd)).not.toHaveProperty("context");
    expect(definitionOf(odd).invoke).toEqual([
      { id: "call", src: "call", onDone: [{ target: [".ended"] }], onError: [{}] },
    ]);
    expect(definitionOf(odd).states?.group?.states?.past).toEqual({
      type: "history",
      history: "deep",
      target: "a",
    } satisfies StateDefinition);
    expect(transitionsOf(rebuilt(odd).root)).toEqual(transitionsOf(odd.root));
  });

  test("of a machine without states is only its name", () => {
    expect(definitionOf(createMachine({ id: "rock" }))).toEqual({ id: "rock" });
  });
});
