/** Shared by the tests of machines: settings, small messages and dossiers, and a pure driver. */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFromLogic,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
  transition,
} from "xstate";
import type { Dossier, Draft, Message, MessageOf, MessageType, Solution } from "../runtime/messages.ts";
import type { Settings } from "./settings.ts";

export const settings: Settings = {
  seed: 1,
  rounds: 3,
  questionsPerRound: 2,
  overlap: 0,
  exemplars: 3,
  zeroShotShare: 0.2,
  workAttempts: 2,
  absentAfter: 3,
  phaseTimeoutSeconds: 60,
  patienceSeconds: 5,
  patienceFactor: 3,
  remarkSeconds: 10,
  heartbeatSeconds: 2,
  auditShare: 0.1,
  difficultyStart: 2,
  difficultyRate: 0.05,
  difficultyPer: "interaction",
  difficultySpread: 0,
  difficultyMin: 1,
  difficultyMax: 6,
  targetStart: 0.5,
  targetWindow: 10,
  targetMargin: 0.05,
  targetCap: 0.7,
  surpriseReading: "passRate",
  surpriseThreshold: 0.04,
  surpriseEpsilon: 1e-6,
  surpriseWindow: 10,
  plateauWindow: 4,
  plateauGain: 0.02,
  plateauStep: 0.1,
  strategyHold: 1,
  gapClosed: 0.05,
  eliteCount: 1,
  anchorEvery: 5,
  anchorTolerance: 0.02,
  gateLevel: 0.05,
  driftBound: 0.15,
  bufferThreshold: 2,
  trainAfter: "samples",
  trainOn: "group",
  loraSamples: "new",
  contextShare: 0.5,
  rehearsalShare: 0,
  jobAttempts: 2,
  jobBackoffSeconds: 5,
  ratingMute: true,
  validVote: true,
  lora: true,
  qualityVote: true,
  eliteIcl: true,
  randomQGen: true,
  difficultyControl: true,
  externalAnchor: true,
  gate: true,
  explanation: true,
  dynamicStrategy: true,
  fem: true,
};

export const group = ["ant", "bee", "cat"] as const;

type Body<T extends MessageType> = Omit<MessageOf<T>, "type" | "from" | "at">;

/** A message with its envelope. */
export const said = <T extends MessageType>(type: T, body: Body<T>): MessageOf<T> =>
  ({ type, from: "test", at: 0, ...body }) as unknown as MessageOf<T>;

/** A draft as its sender receives it from the wire. */
export const heard = (draft: Draft): Message => ({ from: "test", at: 0, ...draft }) as Message;

export const solutionOf = (author: string, more: Partial<Solution> = {}): Solution => ({
  ...{ solutionId: `q/${author}`, author, adapter: 0, text: `by ${author}`, answer: "4", examples: "" },
  exemplars: [],
  ...more,
});

export const dossierOf = (more: Partial<Dossier> = {}): Dossier => ({
  ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
  group: [...group],
  ...{ solutions: [], withheld: [], verdicts: [], verified: [], ballots: [], duels: [] },
  ...more,
});

/** A question that settled with one solution per author, all verified and admitted; the first one won. */
export const settledOf = (
  question: string,
  authors: readonly string[],
  more: Partial<Body<"question.settled">> = {},
): MessageOf<"question.settled"> => {
  const solutions = authors.map((author) => solutionOf(author, { solutionId: `${question}/${author}` }));
  const verified = solutions.map(({ solutionId }) => solutionId);
  const [winner] = verified;
  const dossier = dossierOf({ question, text: `about ${question}`, solutions, verified });
  return said("question.settled", {
    dossier: winner === undefined ? dossier : { ...dossier, winner },
    ratings: Object.fromEntries(group.map((member) => [member, { mu: 25, sigma: 8 }])),
    admissions: solutions.map(({ solutionId, author }) => ({
      ...{ solutionId, author, admitted: true, reason: "verified" as const },
    })),
    ...more,
  });
};

export interface Driven<M extends AnyStateMachine> {
  readonly state: SnapshotFrom<M>;
  /** Everything published so far. */
  readonly drafts: readonly Draft[];
  /** Published by the last event. */
  readonly last: readonly Draft[];
  /** Sends events, one after another. */
  send(...events: (EventFromLogic<M> | { readonly type: `xstate.${string}` })[]): Driven<M>;
}

interface Executable {
  readonly type: string;
  readonly params: unknown;
}

/** The drafts that are emitted or sent to the parent. */
const saidBy = (actions: readonly Executable[]): Draft[] =>
  actions.flatMap(({ type, params }) => {
    if (type === "tell") return params as Draft;
    return type === "xstate.emit" ? (params as { readonly event: Draft }).event : [];
  });

/** Drives a machine purely: effects are described, none is run. */
export const drive = <M extends AnyStateMachine>(machine: M, input: InputFrom<M>): Driven<M> => {
  const step = (state: AnyMachineSnapshot, drafts: readonly Draft[], last: readonly Draft[]): Driven<M> => ({
    state: state as SnapshotFrom<M>,
    drafts,
    last,
    send: (...events) =>
      events.reduce<Driven<M>>(
        (before, event) => {
          const [after, actions] = transition(machine, before.state, event as EventFromLogic<M>);
          const fresh = saidBy(actions);
          return step(after, [...before.drafts, ...fresh], fresh);
        },
        step(state, drafts, last),
      ),
  });
  const [first, actions] = initialTransition(machine as AnyStateMachine, input);
  const published = saidBy(actions);
  return step(first, published, published);
};

/** The event of a state's deadline, or of the invoke with this id. */
export const after = (delay: string, path: string) => ({ type: `xstate.after.${delay}.${path}` }) as const;
export const doneOf = (id: string, output?: unknown) =>
  ({ type: `xstate.done.actor.${id}`, output }) as const;
export const failedOf = (id: string, cause: string | Error) =>
  ({ type: `xstate.error.actor.${id}`, error: cause instanceof Error ? cause : new Error(cause) }) as const;

export const typesOf = (drafts: readonly Draft[]): string[] => drafts.map(({ type }) => type);

/** The group of a question, and the peers of an author who verify its solution. */
export const askedIn = (group: readonly string[], author: string) => ({
  group: [...group],
  verifiers: group.filter((member) => member !== author),
});
