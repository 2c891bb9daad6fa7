/**
 * One piece of a model's work: try, try again, then give up and say so.
 *
 * 1. A task ends exactly once, with the drafts it made or with the cause of its failure as its output.
 * 2. Leaving `working` aborts the effect: stopping the task stops the call behind it.
 * 3. A task never errors: whatever its effect throws becomes a cause.
 */
import { type AnyEventObject, assign, fromPromise, setup } from "xstate";
import type { Draft } from "../runtime/messages.ts";
import type { Work } from "./work.ts";

export interface TaskInput {
  readonly work: Work;
  readonly attempts: number;
  readonly timeoutSeconds: number;
}

export type TaskEnded = {
  readonly type: "task.ended";
  readonly work: Work;
} & (
  | { readonly outcome: "done"; readonly drafts: readonly Draft[] }
  | { readonly outcome: "failed"; readonly cause: string }
);

interface Context extends TaskInput {
  readonly attempt: number;
  readonly cause: string;
  readonly drafts: readonly Draft[];
}

export interface Attempt {
  readonly work: Work;
  /** 0 at first; an effect draws another seed for each attempt. */
  readonly attempt: number;
}

export const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Errors of this kind stay what they are however often one tries. */
export class Hopeless extends Error {
  readonly code = "AGORA_HOPELESS";
}

export const taskMachine = setup({
  types: {
    context: {} as Context,
    input: {} as TaskInput,
    events: {} as AnyEventObject,
    output: {} as TaskEnded,
  },
  actors: {
    /** Does the work; rejects where the model failed or could not be understood. */
    perform: fromPromise<readonly Draft[], Attempt>(() => Promise.reject(new Hopeless("no effect provided"))),
  },
  delays: { patience: ({ context }) => context.timeoutSeconds * 1000 },
  guards: {
    canRetry: ({ context, event }) =>
      context.attempt + 1 < context.attempts &&
      !((event as AnyEventObject & { error?: unknown }).error instanceof Hopeless),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
  },
}).createMachine({
  id: "task",
  context: ({ input }) => ({ ...input, attempt: 0, cause: "", drafts: [] }),
  initial: "working",
  states: {
    working: {
      invoke: {
        id: "perform",
        src: "perform",
        input: ({ context }) => ({ work: context.work, attempt: context.attempt }),
        onDone: { target: "done", actions: assign({ drafts: ({ event }) => event.output }) },
        onError: [
          { guard: "canRetry", target: "working", reenter: true, actions: "countAttempt" },
          { target: "failed", actions: assign({ cause: ({ event }) => causeOf(event.error) }) },
        ],
      },
      after: {
        patience: [
          { guard: "canRetry", target: "working", reenter: true, actions: "countAttempt" },
          {
            target: "failed",
            actions: assign({
              cause: ({ context }) => `no reply within ${Number(context.timeoutSeconds.toPrecision(3))} s`,
            }),
          },
        ],
      },
    },
    done: {
      type: "final",
      output: ({ context: { work, drafts } }) => ({ type: "task.ended", work, outcome: "done", drafts }),
    },
    failed: {
      type: "final",
      output: ({ context: { work, cause } }) => ({ type: "task.ended", work, outcome: "failed", cause }),
    },
  },
  output: ({ event }) => event.output as TaskEnded,
});
