/**
 * Opens and closes rounds, sets the difficulty (Eq. 1), watches for surprise (Eq. 2), switches strategy and
 * calls for the external anchor.
 *
 * 1. What it knows of the society is a fold over durable messages (society.ts): a journal restores it exactly.
 * 2. It waits for its own durable drafts to come back before it goes on: nothing is decided on what is not written.
 * 3. Every wait has a deadline: lost members and lost messages delay a round but never stop the run.
 */
import { assign, not, setup } from "xstate";
import type { Draft, Message } from "../runtime/messages.ts";
import { StuckError } from "./folds/prospects.ts";
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
}

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

const anchorDrafts = (context: Context, moment: string): Draft<"anchor.requested">[] =>
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

const base = setup({
  types: { context: {} as Context, input: {} as SupervisorInput, events: {} as Message },
  actions: {
    publish: (_, _drafts: readonly Draft[]) => {},
    /** The run stops, to be resumed once the models answer. */
    despair: ({ context }) => {
      const causes = Object.entries(context.away).map(([member, cause]) => `${member}: ${cause}`);
      const present = presentIn(context).length;
      throw new StuckError(
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

const openRound = base.enqueueActions(({ context, enqueue }) =>
  enqueue({ type: "publish", params: [openingDraft(context)] }),
);

const closeRound = base.enqueueActions(({ context: { society, settings }, enqueue }) => {
  const { round } = society;
  if (round === undefined) return;
  const closing = closingDraft(society, round, settings);
  const change = strategySwitch(situationOf(society, round, settings), settings);
  const changed: Draft[] = change ? [changedDraft(society, round.round, change)] : [];
  // The switch comes first: the next round opens as soon as this one has closed, and opens with it.
  enqueue({ type: "publish", params: [...changed, closing] });
});

const measure = (moment: "baseline" | "anchor" | "final") =>
  base.enqueueActions(({ context, enqueue }) => {
    if (!context.settings.externalAnchor) return;
    const drafts = anchorDrafts(context, moment);
    enqueue.assign({ requests: [...context.requests, ...drafts.map(({ request }) => request)] });
    enqueue({ type: "publish", params: drafts });
  });

const finish = base.enqueueActions(({ context, enqueue }) => {
  const [rounds, reason] = [context.society.roundsClosed, finishedBy(context) ?? "stopped"];
  enqueue({ type: "publish", params: [{ type: "run.finished", rounds, reason }] });
});

const machine = base.extend({
  guards: {
    allJoined: ({ context }) => context.expected.length === 0,
    tooFew: ({ context: { members } }) => members.length < smallestGroup,
    isFinished: ({ context }) => finishedBy(context) !== undefined,
    isDeserted: ({ context }) => presentIn(context).length < smallestGroup,
    isPlayedOut: ({ context }) => isPlayedOut(context.society),
    /** No round is open: whoever closed it, the next can be decided on. */
    isBetween: ({ context }) => context.society.round === undefined,
    isAnchorDue: ({ context: { society, settings } }) =>
      society.roundsClosed > 0 && society.roundsClosed % settings.anchorEvery === 0,
    hasBaseline: ({ context }) => Object.keys(context.society.anchors.baselines).length > 0,
    noJobs: ({ context }) => context.society.jobs.length === 0,
    allMeasured: ({ context }) => context.requests.length === 0,
    isThisRound: ({ context, event }) =>
      (event.type === "round.opened" || event.type === "round.closed") &&
      event.round === context.society.round?.round,
  },
  actions: {
    openRound,
    closeRound,
    measureBaseline: measure("baseline"),
    measureAnchor: measure("anchor"),
    measureFinal: measure("final"),
    finish,
    learn: assign(({ context, event }) => ({
      society: foldSociety(context.settings)(context.society, event),
      adapters: adapterOf(context.adapters, event),
    })),
    strike: assign(({ context, event }) =>
      event.type === "anchor.measured" || event.type === "anchor.missed"
        ? { requests: context.requests.filter((request) => request !== event.request) }
        : {},
    ),
    forgetRequests: assign({ requests: [] }),
    welcome: assign(({ context, event }) => {
      if (event.type !== "agent.joined") return {};
      const expected = context.expected.filter((agent) => agent !== event.agent);
      const known = !event.member || context.members.includes(event.agent);
      return { expected, members: known ? context.members : [...context.members, event.agent] };
    }),
    miss: assign(({ context, event }) =>
      event.type === "agent.lapsed" && context.members.includes(event.agent)
        ? { away: { ...context.away, [event.agent]: event.cause } }
        : {},
    ),
    dismiss: assign(({ context, event }) =>
      event.type === "agent.left"
        ? {
            members: context.members.filter((member) => member !== event.agent),
            expected: context.expected.filter((agent) => agent !== event.agent),
            away: without(context.away, event.agent),
          }
        : {},
    ),
    readmit: assign(({ context, event }) =>
      event.type === "agent.recovered" ? { away: without(context.away, event.agent) } : {},
    ),
  },
});

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
  }),
  initial: "gathering",
  on: {
    "agent.joined": { actions: "welcome" },
    "agent.left": { actions: "dismiss" },
    "agent.lapsed": { actions: "miss" },
    "agent.recovered": { actions: "readmit" },
    "question.settled": { actions: "learn" },
    "question.voided": { actions: "learn" },
    "strategy.changed": { actions: "learn" },
    "training.requested": { actions: "learn" },
    "training.failed": { actions: "learn" },
    "adapter.rejected": { actions: "learn" },
    "adapter.published": { actions: "learn" },
    "adapter.withdrawn": { actions: "learn" },
    "anchor.measured": { actions: ["learn", "strike"] },
    "anchor.missed": { actions: "strike" },
    "round.opened": { actions: "learn" },
    "round.closed": { actions: "learn" },
  },
  states: {
    gathering: {
      always: [
        { guard: ({ context }) => context.society.finished, target: "finished" },
        { guard: "allJoined", target: "ready" },
      ],
      after: { deadline: [{ guard: "tooFew", target: "ending" }, { target: "ready" }] },
    },
    ready: {
      always: [
        { guard: "hasBaseline", target: "deciding" },
        { target: "deciding", actions: "measureBaseline" },
      ],
    },
    deciding: {
      always: [
        { guard: "isPlayedOut", target: "closing" },
        { guard: "isFinished", target: "draining" },
        { guard: "isDeserted", target: "recess" },
        { target: "opening" },
      ],
    },
    /** No round is opened that nobody could play: absent members have time to come back. */
    recess: {
      always: [
        { guard: "isFinished", target: "draining" },
        { guard: not("isDeserted"), target: "deciding" },
      ],
      after: { roundDeadline: "deserted" },
    },
    opening: {
      entry: "openRound",
      on: { "round.opened": { target: "playing", actions: "learn" } },
      after: { deadline: { target: "deciding" } },
    },
    playing: {
      always: [
        { guard: "isPlayedOut", target: "closing" },
        { guard: "tooFew", target: "draining" },
        { guard: "isBetween", target: "deciding" },
      ],
      after: { roundDeadline: "closing" },
    },
    closing: {
      entry: "closeRound",
      always: { guard: "isBetween", target: "deciding" },
      on: { "round.closed": { guard: "isThisRound", target: "anchoring", actions: "learn" } },
      after: { deadline: { target: "closing", reenter: true } },
    },
    anchoring: {
      always: [
        { guard: "isFinished", target: "draining" },
        { guard: "isAnchorDue", target: "deciding", actions: "measureAnchor" },
        { target: "deciding" },
      ],
    },
    /** Jobs that were asked for belong to the result; each ends by its own deadlines (job.ts). */
    draining: {
      always: { guard: "noJobs", target: "measuring" },
    },
    measuring: {
      entry: "measureFinal",
      initial: "waiting",
      states: {
        waiting: {
          always: { guard: "allMeasured", target: "measured" },
          after: { roundDeadline: { target: "measured", actions: "forgetRequests" } },
        },
        measured: { type: "final" },
      },
      onDone: "ending",
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
