/**
 * Opens and closes rounds, sets the difficulty (Eq. 1), watches for surprise (Eq. 2), switches strategy and
 * calls for the external anchor.
 *
 * 1. What it knows of the society is a fold over durable messages (society.ts): a journal restores it exactly.
 * 2. It waits for its own durable drafts to come back before it goes on: nothing is decided on what is not written.
 * 3. Every wait has a deadline: lost members and lost messages delay a round but never stop the run.
 */
import { assign, setup } from "xstate";
import type { Draft, Message } from "../runtime/messages.ts";
import {
  closingDraft,
  emptySociety,
  foldSociety,
  isPlayedOut,
  type Society,
  situationOf,
} from "./folds/society.ts";
import { type Switch, strategySwitch } from "./folds/strategy.ts";
import { pickOne } from "./random.ts";
import type { Settings } from "./settings.ts";

export interface SupervisorInput {
  readonly settings: Settings;
  readonly records: readonly Message[];
  /** Agents that should have joined before the first round. */
  readonly expected: readonly string[];
}

interface Context {
  readonly settings: Settings;
  readonly society: Society;
  /** Agents that have not joined yet. */
  readonly expected: readonly string[];
  readonly members: readonly string[];
  /** Members that are absent, with the cause. */
  readonly away: Readonly<Record<string, string>>;
  /** Adapter version each member speaks with; absent is the base model. */
  readonly adapters: Readonly<Record<string, number>>;
  /** Tells this life of the supervisor from earlier ones: anchors are asked for anew after a restart. */
  readonly epoch: number;
  /** Anchor requests still to be answered. */
  readonly requests: readonly string[];
  /** Why the round that is opening cannot be asked for. */
  readonly obstacle: Obstacle | undefined;
}

/** The open round has all its outcomes, the run has all its rounds, or too few members are present. */
type Obstacle = "played out" | "finished" | "deserted";

/** A verifier needs somebody else to verify. */
const smallestGroup = 2;
/** A round is posed, solved, verified, voted on and explained: one deadline each, and one to spare. */
const phases = 6;

const without = (away: Context["away"], member: string): Context["away"] => {
  const { [member]: _back, ...others } = away;
  return others;
};

const adapterOf = (adapters: Context["adapters"], event: Message): Readonly<Record<string, number>> => {
  if (event.type === "adapter.published") return { ...adapters, [event.model]: event.version };
  return event.type === "adapter.withdrawn" ? { ...adapters, [event.model]: event.restored } : adapters;
};

/** Who there is, who is still expected and who is away. */
const withMember = (context: Context, event: Message): Pick<Context, "members" | "expected" | "away"> => {
  const { members, expected, away } = context;
  const others = (names: readonly string[], agent: string) => names.filter((name) => name !== agent);
  switch (event.type) {
    case "agent.joined": {
      const known = !event.member || members.includes(event.agent);
      const all = known ? members : [...members, event.agent];
      return { members: all, expected: others(expected, event.agent), away };
    }
    case "agent.left": {
      const { agent } = event;
      return {
        members: others(members, agent),
        expected: others(expected, agent),
        away: without(away, agent),
      };
    }
    case "agent.lapsed": {
      const lapsed = members.includes(event.agent) ? { ...away, [event.agent]: event.cause } : away;
      return { members, expected, away: lapsed };
    }
    case "agent.recovered":
      return { members, expected, away: without(away, event.agent) };
    default:
      return { members, expected, away };
  }
};

const withoutAnswered = (requests: readonly string[], event: Message): readonly string[] =>
  event.type === "anchor.measured" || event.type === "anchor.missed"
    ? requests.filter((request) => request !== event.request)
    : requests;

/** What is known once a message has been heard: guards look at it before it is kept. */
const afterHearing = (context: Context, event: Message): Context => ({
  ...context,
  ...withMember(context, event),
  society: foldSociety(context.settings)(context.society, event),
  adapters: adapterOf(context.adapters, event),
  requests: withoutAnswered(context.requests, event),
});

const presentIn = ({ members, away }: Context): string[] => members.filter((member) => !(member in away));

const nextRound = ({ society }: Context) => society.round?.round ?? society.roundsClosed;

const openingDraft = (context: Context): Draft => {
  const { society, settings } = context;
  const { round } = society;
  const index = nextRound(context);
  const members = presentIn(context);
  const attempt = round === undefined ? 0 : round.attempt + 1;
  const generator = settings.randomQGen
    ? pickOne(members, settings.seed, "generator", index, attempt)
    : members[0];
  return {
    type: "round.opened",
    round: index,
    attempt,
    generator: generator ?? "nobody",
    difficulty: round?.difficulty ?? society.difficulty,
    count: round === undefined ? settings.questionsPerRound : round.count - round.settled - round.voided,
    strategy: society.strategy,
  };
};

const anchorDrafts = (context: Context, moment: Moment): Draft<"anchor.requested">[] =>
  presentIn(context).map((model) => ({
    type: "anchor.requested",
    request: `${moment}:${nextRound(context)}:${model}:${context.epoch}`,
    round: nextRound(context),
    model,
    adapter: context.adapters[model] ?? 0,
    purpose: moment === "baseline" ? "baseline" : "anchor",
  }));

const finishedBy = ({ society, settings, members }: Context): string | undefined => {
  if (members.length < smallestGroup)
    return `only ${members.length} members left, ${smallestGroup} are needed`;
  if (society.roundsClosed >= settings.rounds) return `${settings.rounds} rounds played`;
  const { updates } = settings;
  if (updates === undefined) return undefined;
  if (settings.lora) return society.generations.length >= updates ? `${updates} updates made` : undefined;
  const samples = updates * settings.bufferThreshold;
  return society.admitted >= samples
    ? `${samples} samples found, as many as ${updates} updates take`
    : undefined;
};

const isDeserted = (context: Context): boolean => presentIn(context).length < smallestGroup;

/** Nothing is decided on what is not written: a round that was played out is closed first. */
const obstacleOf = (context: Context): Obstacle | undefined => {
  if (isPlayedOut(context.society)) return "played out";
  if (finishedBy(context) !== undefined) return "finished";
  return isDeserted(context) ? "deserted" : undefined;
};

const base = setup({
  types: {
    context: {} as Context,
    input: {} as SupervisorInput,
    events: {} as Message,
    emitted: {} as Draft,
  },
  actions: {
    /** The run stops, to be resumed once the models answer. */
    despair: ({ context }) => {
      const causes = Object.entries(context.away).map(([member, cause]) => `${member}: ${cause}`);
      const present = presentIn(context).length;
      throw new Error(
        `only ${present} of ${context.members.length} members answer, ${smallestGroup} are needed; ${causes.join("; ")}`,
      );
    },
  },
  delays: {
    deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000,
    roundDeadline: ({ context }) => context.settings.phaseTimeoutSeconds * phases * 1000,
  },
});

const changedDraft = ({ strategy }: Society, round: number, change: Switch): Draft => ({
  type: "strategy.changed",
  ...{ round, before: strategy, after: change.strategy, cause: change.cause },
  ...(change.expected ? { expected: change.expected } : {}),
});

const openRound = base.enqueueActions(({ context, enqueue }) => {
  const obstacle = obstacleOf(context);
  enqueue.assign({ obstacle });
  if (obstacle === undefined) enqueue.emit(openingDraft(context));
});

const closeRound = base.enqueueActions(({ context: { society, settings }, enqueue }) => {
  const { round } = society;
  if (round === undefined) return;
  const closing = closingDraft(society, round, settings);
  const change = strategySwitch(situationOf(society, round, settings), settings);
  const changed: Draft[] = change ? [changedDraft(society, round.round, change)] : [];
  // The switch comes first: the next round opens as soon as this one has closed, and opens with it.
  for (const draft of [...changed, closing]) enqueue.emit(draft);
});

type Moment = "baseline" | "anchor" | "final";

/** A baseline is taken once in the life of a run, an anchor every n rounds while more are to come. */
const isDue = (context: Context, moment: Moment): boolean => {
  const { society, settings } = context;
  if (!settings.externalAnchor) return false;
  if (moment === "baseline") return Object.keys(society.anchors.baselines).length === 0;
  if (moment === "final") return true;
  return society.roundsClosed % settings.anchorEvery === 0 && finishedBy(context) === undefined;
};

const measure = (moment: Moment) =>
  base.enqueueActions(({ context, enqueue }) => {
    if (!isDue(context, moment)) return;
    const drafts = anchorDrafts(context, moment);
    enqueue.assign({ requests: [...context.requests, ...drafts.map(({ request }) => request)] });
    for (const draft of drafts) enqueue.emit(draft);
  });

const finish = base.enqueueActions(({ context, enqueue }) => {
  const [rounds, reason] = [context.society.roundsClosed, finishedBy(context) ?? "stopped"];
  enqueue.emit({ type: "run.finished", rounds, reason });
});

const machine = base.extend({
  guards: {
    isOver: ({ context }) => context.society.finished,
    isLastExpected: ({ context, event }) => afterHearing(context, event).expected.length === 0,
    tooFew: ({ context: { members } }) => members.length < smallestGroup,
    leavesTooFew: ({ context, event }) => withMember(context, event).members.length < smallestGroup,
    isPrevented: ({ context }, obstacle: Obstacle) => context.obstacle === obstacle,
    makesEnough: ({ context, event }) => !isDeserted(afterHearing(context, event)),
    isLast: ({ context, event }) => finishedBy(afterHearing(context, event)) !== undefined,
    isLastOutcome: ({ context, event }) => isPlayedOut(afterHearing(context, event).society),
    isThisRound: ({ context, event }) =>
      (event.type === "round.opened" || event.type === "round.closed") &&
      event.round === context.society.round?.round,
    noJobs: ({ context }) => context.society.jobs.length === 0,
    isLastJob: ({ context, event }) => afterHearing(context, event).society.jobs.length === 0,
    noRequests: ({ context }) => context.requests.length === 0,
    isLastReading: ({ context, event }) => withoutAnswered(context.requests, event).length === 0,
  },
  actions: {
    openRound,
    closeRound,
    measureBaseline: measure("baseline"),
    measureAnchor: measure("anchor"),
    measureFinal: measure("final"),
    finish,
    learn: assign(({ context, event }) => afterHearing(context, event)),
    forgetRequests: assign({ requests: [] }),
  },
});

const learn = { actions: "learn" } as const;
const lastExpected = {
  guard: "isLastExpected",
  target: "opening",
  actions: ["learn", "measureBaseline"],
} as const;
const lastJob = { guard: "isLastJob", target: "measuring", actions: "learn" } as const;
const lost = { guard: "leavesTooFew", target: "draining", actions: "learn" } as const;
const last = { guard: "isLast", target: "draining", actions: "learn" } as const;

export const supervisorMachine = machine.createMachine({
  id: "supervisor",
  context: ({ input: { settings, records, expected } }) => ({
    settings,
    expected,
    society: records.reduce(foldSociety(settings), emptySociety(settings)),
    adapters: records.reduce(adapterOf, {}),
    members: [],
    away: {},
    epoch: records.length,
    requests: [],
    obstacle: undefined,
  }),
  initial: "gathering",
  on: {
    "agent.joined": learn,
    "agent.left": learn,
    "agent.lapsed": learn,
    "agent.recovered": learn,
    "question.settled": learn,
    "question.voided": learn,
    "strategy.changed": learn,
    "training.requested": learn,
    "training.failed": learn,
    "adapter.rejected": learn,
    "adapter.published": learn,
    "adapter.withdrawn": learn,
    "anchor.measured": learn,
    "anchor.missed": learn,
    "round.opened": learn,
    "round.closed": learn,
  },
  states: {
    gathering: {
      always: { guard: "isOver", target: "finished" },
      on: { "agent.joined": lastExpected, "agent.left": lastExpected },
      after: {
        deadline: [
          { guard: "tooFew", target: "ending" },
          { target: "opening", actions: "measureBaseline" },
        ],
      },
    },
    opening: {
      entry: "openRound",
      always: [
        { guard: { type: "isPrevented", params: "played out" }, target: "closing" },
        { guard: { type: "isPrevented", params: "finished" }, target: "draining" },
        { guard: { type: "isPrevented", params: "deserted" }, target: "recess" },
      ],
      on: { "round.opened": { target: "playing", actions: "learn" }, "agent.left": lost },
      after: { deadline: { target: "opening", reenter: true } },
    },
    /** No round is opened that nobody could play: absent members have time to come back. */
    recess: {
      on: {
        "agent.joined": { guard: "makesEnough", target: "opening", actions: "learn" },
        "agent.recovered": { guard: "makesEnough", target: "opening", actions: "learn" },
        "agent.left": last,
        "training.failed": last,
        "adapter.rejected": last,
        "adapter.published": last,
      },
      after: { roundDeadline: "deserted" },
    },
    playing: {
      on: {
        "question.settled": { guard: "isLastOutcome", target: "closing", actions: "learn" },
        "question.voided": { guard: "isLastOutcome", target: "closing", actions: "learn" },
        "agent.left": lost,
        "round.closed": { target: "opening", actions: "learn" },
      },
      after: { roundDeadline: "closing" },
    },
    closing: {
      entry: "closeRound",
      on: {
        "round.closed": [
          { guard: "isThisRound", target: "opening", actions: ["learn", "measureAnchor"] },
          { target: "opening", actions: "learn" },
        ],
      },
      after: { deadline: { target: "closing", reenter: true } },
    },
    /** Jobs that were asked for belong to the result; each ends by its own deadlines (job.ts). */
    draining: {
      always: { guard: "noJobs", target: "measuring" },
      on: { "training.failed": lastJob, "adapter.rejected": lastJob, "adapter.published": lastJob },
    },
    measuring: {
      entry: "measureFinal",
      always: { guard: "noRequests", target: "ending" },
      on: {
        "anchor.measured": { guard: "isLastReading", target: "ending", actions: "learn" },
        "anchor.missed": { guard: "isLastReading", target: "ending", actions: "learn" },
      },
      after: { roundDeadline: { target: "ending", actions: "forgetRequests" } },
    },
    ending: {
      entry: "finish",
      on: { "run.finished": "finished" },
      after: { deadline: { target: "ending", reenter: true } },
    },
    deserted: { type: "final", entry: "despair" },
    finished: { type: "final" },
  },
});
