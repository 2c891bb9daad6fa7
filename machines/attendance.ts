/**
 * Keeps the roll of agents in other processes, for all who wait for them.
 *
 * 1. It shows the host's signs of life, and misses an agent only while it hears its own: an outage of the server is
 *    nobody's absence.
 * 2. An agent that shows no sign of life any more, or says that it leaves, is absent, and the questions that it posed
 *    are abandoned, at once: nobody waits for their deadlines. That is said again until the referee has ended them. What a
 *    round that opens afterwards asks of a member is abandoned with the host's next sign of life.
 * 3. An agent whose signs of life come back has recovered. One that joins again without having been missed has lost its
 *    work all the same: it is absent for a moment.
 * 4. It watches only those that have shown a sign of life: agents of the host's process show none.
 * 5. Who leaves after the end of the run is not absent.
 */
import { assign, setup } from "xstate";
import type { Draft, Message } from "../runtime/messages.ts";
import { dismissal, dismissed, emptyRoll, foldRoll, mostMissed, type Roll, silentOn } from "./folds/roll.ts";
import type { Settings } from "./settings.ts";

export interface AttendanceInput {
  readonly settings: Settings;
  /** Differs each time the host starts. */
  readonly life: string;
}

interface Context extends AttendanceInput {
  readonly roll: Roll;
}

const base = setup({
  types: {
    context: {} as Context,
    input: {} as AttendanceInput,
    events: {} as Message,
    emitted: {} as Draft,
  },
  delays: { beat: ({ context }) => context.settings.heartbeatSeconds * 1000 },
});

const heard = ({ settings, life, roll }: Context, event: Message): Roll =>
  foldRoll(settings, life)(roll, event);

const pulse = base.enqueueActions(({ context: { life, settings, roll }, enqueue }) => {
  enqueue.emit({ type: "agent.pulsed", agent: "attendance", life, every: settings.heartbeatSeconds });
  for (const draft of roll.abandoned.values()) enqueue.emit(draft);
});

/** Those who have missed too many signs of life are gone. */
const call = base.enqueueActions(({ context, event, enqueue }) => {
  const silent = silentOn(heard(context, event));
  const { heartbeatSeconds } = context.settings;
  const cause = `no sign of life for ${mostMissed * heartbeatSeconds} s`;
  for (const agent of silent) {
    for (const draft of dismissal(context.roll, agent, cause)) enqueue.emit(draft);
  }
  const after = silent.reduce((roll, agent) => dismissed(roll, agent, cause), heard(context, event));
  enqueue.assign({ roll: after });
});

const dismiss = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "agent.pulsed") return;
  const cause = `it left: ${event.leaves}`;
  for (const draft of dismissal(context.roll, event.agent, cause)) enqueue.emit(draft);
  enqueue.assign({ roll: dismissed(context.roll, event.agent, cause) });
});

const welcome = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "agent.pulsed") return;
  enqueue.emit({ type: "agent.recovered", agent: event.agent });
  enqueue.assign({ roll: heard(context, event) });
});

const replace = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "agent.joined") return;
  const cause = "it has started again";
  for (const draft of dismissal(context.roll, event.agent, cause)) enqueue.emit(draft);
  enqueue.emit({ type: "agent.recovered", agent: event.agent });
  enqueue.assign({ roll: heard({ ...context, roll: dismissed(context.roll, event.agent, cause) }, event) });
});

const machine = base.extend({
  guards: {
    leaves: ({ context: { roll }, event }) =>
      event.type === "agent.pulsed" &&
      event.leaves !== undefined &&
      roll.watched[event.agent]?.isAway === false,
    isLast: ({ event }) => event.type === "agent.pulsed" && event.leaves !== undefined,
    isBack: ({ context: { roll }, event }) =>
      event.type === "agent.pulsed" && roll.watched[event.agent]?.isAway === true,
    isThere: ({ context: { roll }, event }) =>
      event.type === "agent.joined" && roll.watched[event.agent]?.isAway === false,
  },
  actions: {
    pulse,
    call,
    dismiss,
    welcome,
    replace,
    learn: assign({ roll: ({ context, event }) => heard(context, event) }),
  },
});

const learn = { actions: "learn" } as const;

export const attendanceMachine = machine.createMachine({
  id: "attendance",
  context: ({ input }) => ({ ...input, roll: emptyRoll }),
  initial: "watching",
  states: {
    watching: {
      entry: "pulse",
      after: { beat: { target: "watching", reenter: true } },
      on: {
        "agent.pulsed": [
          { guard: "leaves", actions: "dismiss" },
          { guard: "isLast" },
          { guard: "isBack", actions: "welcome" },
          { actions: "call" },
        ],
        "agent.joined": [{ guard: "isThere", actions: "replace" }, learn],
        "agent.left": learn,
        "round.opened": learn,
        "round.closed": learn,
        "question.posed": learn,
        "question.closed": learn,
        "question.settled": learn,
        "question.voided": learn,
        "run.finished": "finished",
      },
    },
    finished: { type: "final" },
  },
});
