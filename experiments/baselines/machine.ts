/** The state machine of a baseline: it rests, or plays the round that was opened last. */
import { assign, fromPromise, setup } from "xstate";
import { foldWeights, type Weights } from "../../machines/folds/weights.ts";
import type { Draft, Message, MessageOf } from "../../runtime/messages.ts";
import { failedDrafts } from "./lesson.ts";

export type Opened = MessageOf<"round.opened">;

/** A round, and the weights with which it is played. */
export interface Iteration {
  readonly opened: Opened;
  readonly weights: Weights;
}

interface Input {
  readonly name: string;
  /** Those in force when the agent starts. */
  readonly weights: Weights;
}

interface Context extends Input {
  readonly opened: Opened | undefined;
}

const base = setup({
  types: {
    context: {} as Context,
    input: {} as Input,
    events: {} as Message,
    emitted: {} as Draft,
  },
  actors: {
    /** Makes the outcomes of a round's questions. */
    play: fromPromise<readonly Draft[], Iteration>(async () => []),
  },
  guards: {
    isMine: ({ context, event }) => event.type === "round.opened" && event.generator === context.name,
  },
  actions: {
    learn: assign({ weights: ({ context, event }) => foldWeights(context.weights, event) }),
    open: assign({
      opened: ({ event, context }) => (event.type === "round.opened" ? event : context.opened),
    }),
  },
});

/** What an ended play has made of the round. */
const outcomes = ({ name, opened }: Context, event: { readonly type: string }): readonly Draft[] => {
  if ("output" in event) return event.output as readonly Draft[];
  return "error" in event && opened !== undefined ? failedDrafts(name, opened, event.error) : [];
};

const tell = base.enqueueActions(({ context, event, enqueue }) => {
  for (const draft of outcomes(context, event)) enqueue.emit(draft);
});

/** A round that opens while another is played, because its time was over, replaces it: its calls are aborted. */
export const baselineMachine = (kind: string) =>
  base.extend({ actions: { tell } }).createMachine({
    id: kind,
    context: ({ input }) => ({ ...input, opened: undefined }),
    initial: "resting",
    on: {
      "adapter.published": { actions: "learn" },
      "adapter.withdrawn": { actions: "learn" },
      "round.opened": { guard: "isMine", target: ".playing", reenter: true, actions: "open" },
    },
    states: {
      resting: {},
      playing: {
        invoke: {
          id: "play",
          src: "play",
          input: ({ context: { opened, weights } }) => {
            if (opened === undefined) throw new Error("no round was opened");
            return { opened, weights };
          },
          onDone: { target: "resting", actions: "tell" },
          onError: { target: "resting", actions: "tell" },
        },
      },
    },
  });
