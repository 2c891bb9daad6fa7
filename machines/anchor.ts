/** Measures models on the external validation set, on request of the supervisor or of a training job. */
import { assign, fromPromise, sendParent, setup } from "xstate";
import type { Accuracy, Draft, Exemplar, Message, MessageOf } from "../runtime/messages.ts";
import { childIn, isAnyTaken, isTaken, type Places, withFreed, withTaken } from "./places.ts";
import type { Settings } from "./settings.ts";
import { causeOf } from "./work-order.ts";

export interface Measurement {
  readonly model: string;
  readonly adapter: number;
  /** A second version to measure on the same problems. */
  readonly against: number | undefined;
  /** The elite examples of the second figure; the first is zero-shot. */
  readonly exemplars: readonly Exemplar[];
}

interface Figures {
  readonly zeroShot: Accuracy;
  readonly eliteShot: Accuracy;
}

export interface Measured extends Figures {
  readonly against?: Figures & { readonly adapter: number };
}

type Request = MessageOf<"anchor.requested">;
type Reading = { readonly type: "reading.taken"; readonly request: string; readonly draft: Draft };

interface ReadingInput {
  readonly request: Request;
  readonly exemplars: readonly Exemplar[];
  readonly timeoutSeconds: number;
}

const missed = ({ request, model }: Request, cause: string): Draft => ({
  type: "anchor.missed",
  ...{ request, model, cause },
});

/** One measurement: it always ends, with the figures or with the cause of the failure. */
export const readingMachine = setup({
  types: {
    context: {} as ReadingInput & { readonly draft: Draft | undefined },
    input: {} as ReadingInput,
  },
  actors: {
    measure: fromPromise<Measured, Measurement>(() => Promise.reject(new Error("no effect provided"))),
  },
  delays: { patience: ({ context }) => context.timeoutSeconds * 1000 },
  actions: {
    report: sendParent(({ context }) => ({
      type: "reading.taken",
      request: context.request.request,
      draft: context.draft,
    })),
  },
}).createMachine({
  id: "reading",
  context: ({ input }) => ({ ...input, draft: undefined }),
  initial: "measuring",
  states: {
    measuring: {
      invoke: {
        id: "measure",
        src: "measure",
        input: ({ context: { request, exemplars } }) => ({
          model: request.model,
          adapter: request.adapter,
          against: request.against,
          exemplars,
        }),
        onDone: {
          target: "ended",
          actions: assign({
            draft: ({ context: { request }, event }): Draft => {
              const { request: id, round, model, adapter, purpose } = request;
              return {
                type: "anchor.measured",
                request: id,
                round,
                model,
                adapter,
                purpose,
                ...event.output,
              };
            },
          }),
        },
        onError: {
          target: "ended",
          actions: assign({
            draft: ({ context: { request }, event }) => missed(request, causeOf(event.error)),
          }),
        },
      },
      after: {
        patience: {
          target: "ended",
          actions: assign({
            draft: ({ context: { request, timeoutSeconds } }) =>
              missed(request, `no reading within ${timeoutSeconds} s`),
          }),
        },
      },
    },
    ended: { type: "final", entry: "report" },
  },
});

/** Phases that a reading may take: it asks every problem twice. job.ts and supervisor.ts wait as long. */
const phases = 6;

interface Context {
  readonly settings: Settings;
  readonly exemplars: readonly Exemplar[];
  /** By request. */
  readonly underway: Places;
}

const base = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly settings: Settings },
    events: {} as Message | Reading,
    emitted: {} as Draft,
  },
  actors: { reading: readingMachine },
});

const begin = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "anchor.requested" || isTaken(context.underway, event.request)) return;
  const { exemplars, settings } = context;
  const underway = withTaken(context.underway, event.request);
  const timeoutSeconds = settings.phaseTimeoutSeconds * phases;
  const id = childIn(underway, event.request, "reading");
  enqueue.spawnChild("reading", { id, input: { request: event, exemplars, timeoutSeconds } });
  enqueue.assign({ underway });
});

const finish = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "reading.taken") return;
  enqueue.stopChild(childIn(context.underway, event.request, "reading"));
  enqueue.assign({ underway: withFreed(context.underway, event.request) });
  enqueue.emit(event.draft);
});

export const anchorMachine = base
  .extend({
    actions: {
      begin,
      finish,
      keepHistory: assign(({ event }) =>
        event.type === "history.updated" ? { exemplars: event.exemplars } : {},
      ),
    },
    guards: {
      isLast: ({ context, event }) =>
        event.type === "reading.taken" && !isAnyTaken(withFreed(context.underway, event.request)),
    },
  })
  .createMachine({
    id: "anchor",
    context: ({ input }) => ({ settings: input.settings, exemplars: [], underway: [] }),
    initial: "resting",
    on: {
      "history.updated": { actions: "keepHistory" },
      "anchor.requested": { target: ".measuring", actions: "begin" },
    },
    states: {
      resting: {},
      measuring: {
        on: {
          "reading.taken": [{ guard: "isLast", target: "resting", actions: "finish" }, { actions: "finish" }],
        },
      },
    },
  });
