/**
 * Poses to the society what a person asks it: each question is a short-lived agent of its own, beside those of the
 * rounds.
 *
 * 1. Its state is a fold over durable messages: a question that a crash has left without an answer is posed again.
 * 2. It poses once the members are there, or their time to join is over.
 */
import { assign, setup } from "xstate";
import type { Message, MessageOf } from "../runtime/messages.ts";
import type { Settings } from "./settings.ts";

export type Asked = MessageOf<"operator.asked">;

export interface OperatorInput {
  readonly settings: Pick<Settings, "phaseTimeoutSeconds">;
  readonly records: readonly Message[];
  /** Agents that have to join before a question is posed. */
  readonly expected: readonly string[];
}

interface Context extends Omit<OperatorInput, "records"> {
  /** Questions without an answer, oldest first. */
  readonly open: readonly Asked[];
}

const foldOpen = (open: readonly Asked[], event: Message): readonly Asked[] => {
  switch (event.type) {
    case "operator.asked":
      return [...open, event];
    case "question.answered":
      return open.filter(({ question }) => question !== event.dossier.question);
    // Whoever asked in the other run gets the answer there.
    case "run.forked":
      return [];
    default:
      return open;
  }
};

const stillExpected = ({ expected }: Context, event: Message): readonly string[] =>
  event.type === "agent.joined" || event.type === "agent.left"
    ? expected.filter((agent) => agent !== event.agent)
    : expected;

export const operatorMachine = setup({
  types: { context: {} as Context, input: {} as OperatorInput, events: {} as Message },
  delays: { deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000 },
  guards: {
    isAsked: ({ context }) => context.open.length > 0,
    isLastExpected: ({ context, event }) => stillExpected(context, event).length === 0,
    isLastOpen: ({ context, event }) => foldOpen(context.open, event).length === 0,
  },
  actions: {
    /** Opens a question; does nothing if it is open. */
    pose: (_, _asked: { readonly questions: readonly Asked[] }) => {},
    expect: assign(({ context, event }) => ({ expected: stillExpected(context, event) })),
    keep: assign(({ context, event }) => ({ open: foldOpen(context.open, event) })),
  },
}).createMachine({
  id: "operator",
  context: ({ input: { records, ...input } }) => ({
    ...input,
    open: records.reduce<readonly Asked[]>(foldOpen, []),
  }),
  initial: "gathering",
  states: {
    gathering: {
      on: {
        "agent.joined": [
          { guard: "isLastExpected", target: "listening", actions: "expect" },
          { actions: "expect" },
        ],
        "agent.left": [
          { guard: "isLastExpected", target: "listening", actions: "expect" },
          { actions: "expect" },
        ],
        "operator.asked": { actions: "keep" },
      },
      after: { deadline: "listening" },
    },
    listening: {
      always: { guard: "isAsked", target: "asking" },
      on: { "operator.asked": { target: "asking", actions: "keep" } },
    },
    asking: {
      entry: { type: "pose", params: ({ context }) => ({ questions: context.open }) },
      on: {
        "operator.asked": { target: "asking", reenter: true, actions: "keep" },
        "question.answered": [
          { guard: "isLastOpen", target: "listening", actions: "keep" },
          { actions: "keep" },
        ],
      },
    },
  },
});
