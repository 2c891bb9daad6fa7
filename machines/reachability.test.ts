/** Properties of every machine: failures of invocations are handled, and every state can reach an end. */

import { describe, expect, test } from "vitest";
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  type EventObject,
  transition,
} from "xstate";
import { getAdjacencyMap } from "xstate/graph";
import type { Draft } from "../runtime/messages.ts";
import { readingMachine } from "./anchor.ts";
import { everyMachine } from "./every-machine.ts";
import { jobMachine } from "./job.ts";
import type { JobContext } from "./job-facts.ts";
import { askedIn, doneOf, failedOf, said, settings, settledOf, solutionOf } from "./machines.fixture.ts";
import { questionMachine } from "./question.ts";
import { supervisorMachine } from "./supervisor.ts";

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values<AnyStateNode>(node.states).flatMap(nodesOf),
];

describe.each(everyMachine.map((machine) => [machine.id, machine] as const))(
  "every invoke of %s",
  (_, machine) => {
    const invokes = nodesOf(machine.root).flatMap(({ key, invoke, ownEvents }) =>
      invoke.map(({ id }) => ({ key, id, ownEvents })),
    );

    test("has an explicit id", () => {
      for (const { id } of invokes) expect(id).not.toMatch(/^\d+\.|\.\d+$|:invocation/);
      expect(new Set(invokes.map(({ id }) => id)).size).toBe(invokes.length);
    });

    test("handles its failure", () => {
      for (const { id, ownEvents } of invokes) expect(ownEvents).toContain(`xstate.error.actor.${id}`);
    });
  },
);

interface Exploration<C> {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** The messages that can arrive in a state. */
  readonly events: (context: C) => readonly EventObject[];
  /** The part of the context that decides on the next states. */
  readonly essence: (context: C) => unknown;
}

const deadlinesOf = (machine: AnyStateMachine): EventObject[] =>
  machine.events
    .filter((type) => String(type).startsWith("xstate.after."))
    .map((type) => ({ type: String(type) }));

/** Every reachable state with its successors. */
const explore = <C>({ machine, input, events, essence }: Exploration<C>) => {
  const deadlines = deadlinesOf(machine);
  const keyOf = (state: AnyMachineSnapshot): string =>
    JSON.stringify([state.value, essence(state.context as C)]);
  const map = getAdjacencyMap(machine, {
    input,
    events: (state: AnyMachineSnapshot) =>
      state.status === "active" ? [...deadlines, ...events(state.context as C)] : [],
    serializeState: keyOf,
    limit: 100_000,
  });
  return Object.values(map).map(({ state, transitions }) => ({
    state: state as AnyMachineSnapshot,
    key: keyOf(state as AnyMachineSnapshot),
    next: Object.values<{ state: AnyMachineSnapshot }>(transitions).map((each) => keyOf(each.state)),
  }));
};

type Explored = ReturnType<typeof explore>;

/** The states without a path to the end. */
const stuck = (states: Explored): string[] => {
  const ending = new Set(states.filter(({ state }) => state.status === "done").map(({ key }) => key));
  for (let before = -1; before < ending.size; ) {
    before = ending.size;
    for (const { key, next } of states) if (next.some((other) => ending.has(other))) ending.add(key);
  }
  return states.filter(({ key }) => !ending.has(key)).map(({ key }) => key);
};

/** Lets only deadlines pass. */
const idle = (machine: AnyStateMachine, state: AnyMachineSnapshot): AnyMachineSnapshot =>
  [...deadlinesOf(machine), ...deadlinesOf(machine)].reduce(
    (before, event) => (before.status === "active" ? transition(machine, before, event)[0] : before),
    state,
  );

const visited = (states: Explored): Set<string> =>
  new Set(states.flatMap(({ state }) => state._nodes.map(({ id }) => id)));
const everyState = (machine: AnyStateMachine): string[] => nodesOf(machine.root).map(({ id }) => id);

/** Children without a parent. */
const orphaned = (machine: AnyStateMachine, ...actions: string[]): AnyStateMachine =>
  machine.provide({ actions: Object.fromEntries(actions.map((action) => [action, () => {}])) });

const failures = ["ant", "bee"].map((agent) => said("agent.left", { agent, reason: "gone" }));
const lapses = ["ant", "bee"].map((agent) => said("agent.lapsed", { agent, failures: 3, cause: "down" }));
const recoveries = ["ant", "bee"].map((agent) => said("agent.recovered", { agent }));

describe("a question", () => {
  const group = ["ant", "bee"];
  const pair = "q/ant|q/bee";
  type Context = ReturnType<typeof questionMachine.getInitialSnapshot>["context"];
  const question = { question: "q" };
  const heard: EventObject[] = [
    ...failures,
    ...lapses,
    settledOf("q", ["ant"]),
    ...group.flatMap((author) => {
      const other = author === "ant" ? "bee" : "ant";
      const verdict = { solutionId: `q/${other}`, verifier: author, adapter: 0, text: "" };
      const cast = { pair, voter: author, adapter: 0, text: "" };
      const explanation = { solutionId: `q/${author}`, author, adapter: 0, text: "" };
      return [
        said("solution.offered", {
          ...question,
          text: "",
          ...askedIn(group, author),
          offered: solutionOf(author),
        }),
        said("solution.withheld", { ...question, author, cause: "" }),
        ...(["accept", "refuse", "abstain"] as const).map((given) =>
          said("verdict.given", { ...question, verdicts: [{ ...verdict, verdict: given }] }),
        ),
        ...[{}, { choice: "q/bee" }].map((choice) =>
          said("ballot.cast", { ...question, ballots: [{ ...cast, ...choice }] }),
        ),
        said("explanation.given", { ...question, given: explanation }),
        said("explanation.withheld", { ...question, author, cause: "" }),
      ];
    }),
  ];
  const input = {
    ...{ ...question, round: 0, author: "ant", adapter: 0, difficulty: 1, text: "", openedAt: 0 },
    ...{ group, settings, paces: {} },
  };
  const essence = ({ dossier, gone, remarkers }: Context) => [
    dossier.solutions.map(({ author }) => author).toSorted(),
    dossier.withheld.map(({ author }) => author).toSorted(),
    dossier.verdicts.map(({ verifier, verdict }) => `${verifier} ${verdict}`).toSorted(),
    dossier.ballots.map(({ voter, choice }) => `${voter} ${choice}`).toSorted(),
    [...gone].toSorted(),
    (dossier.absent ?? []).toSorted(),
    remarkers.length,
  ];
  const states = explore<Context>({ machine: questionMachine, input, events: () => heard, essence });
  /** With an agent that remarks, and a group that mostly agrees. */
  const remarked = explore<Context>({
    machine: questionMachine,
    input: { ...input, remarkers: ["test"] },
    events: () => [
      ...heard.filter(
        (event) =>
          event.type === "solution.offered" ||
          event.type === "agent.left" ||
          JSON.stringify(event).includes('"accept"'),
      ),
      said("agent.left", { agent: "test", reason: "gone" }),
      said("remarks.finished", question),
    ],
    essence,
  });

  test("can end from every state, even without any further message", () => {
    expect(stuck(states)).toEqual([]);
    const left = states.filter(({ state }) => idle(questionMachine, state).status !== "done");
    expect(left.map(({ key }) => key)).toEqual([]);
  });

  test("waits for remarks in a separate state, which ends even without remarks", () => {
    expect(visited(remarked)).toContain("question.remarking");
    expect(stuck(remarked)).toEqual([]);
    const waiting = remarked.filter(({ state }) => state.matches("remarking"));
    expect(waiting.map(({ state }) => idle(questionMachine, state).status)).toEqual(
      waiting.map(() => "done"),
    );
  });

  test("reaches each of its states", () => {
    const unreached = everyState(questionMachine).filter(
      (id) => !visited(states).has(id) && !visited(remarked).has(id),
    );
    expect(unreached).toEqual([]);
  });
});

describe("a reading", () => {
  const machine = orphaned(readingMachine, "report");
  const request = said("anchor.requested", {
    ...{ request: "r", round: 0, model: "ant", adapter: 0, purpose: "anchor" },
  });
  const measured = { zeroShot: { correct: 1, total: 1 }, eliteShot: { correct: 1, total: 1 } };
  const states = explore<{ draft: Draft | undefined }>({
    machine,
    input: { request, exemplars: [], timeoutSeconds: 1 },
    events: () => [doneOf("measure", measured), failedOf("measure", "down")],
    essence: ({ draft }) => draft?.type,
  });

  test("can end from every state, also by its deadline alone, and always with a message", () => {
    expect(stuck(states)).toEqual([]);
    for (const { state } of states) {
      const ended = idle(machine, state);
      expect([ended.status, ended.context.draft?.type]).toEqual(["done", expect.stringMatching(/^anchor\./)]);
    }
  });
});

describe("a job", () => {
  const machine = orphaned(jobMachine, "reportEnd", "tell");
  const ids = { job: "ant@v1", model: "ant", version: 1 };
  const requested = said("training.requested", { ...ids, generation: 1, previous: 0, samples: [] });
  const figures = (correct: number) => ({
    zeroShot: { correct, total: 100 },
    eliteShot: { correct, total: 100 },
  });
  const request = { request: "gate:ant@v1:0.0", model: "ant" };
  const reading = { ...request, round: 0, adapter: 1, purpose: "gate" as const };
  const against = { adapter: 0, ...figures(50) };
  const explored = (more: object) =>
    explore<Pick<JobContext, "attempt" | "shared" | "missed" | "trained" | "refusedBy">>({
      machine,
      input: { settings, requested, examples: [], round: 0, epoch: 0, ...more },
      events: () => [
        ...[
          doneOf("lease", { slot: 0 }),
          doneOf("lease", { slot: 1, shared: true }),
          failedOf("lease", "none"),
        ],
        ...[doneOf("train", { folder: "", loss: 0 }), failedOf("train", "crash")],
        ...["drain", "sleep", "wake", "load"].flatMap((id) => [doneOf(id), failedOf(id, "down")]),
        ...[0, 1].flatMap((missed) => {
          const again = { request: `gate:ant@v1:0.${missed}` };
          return [
            ...[50, 10].map((correct) =>
              said("anchor.measured", { ...reading, ...again, ...figures(correct), against }),
            ),
            said("anchor.measured", { ...reading, ...again, ...figures(50) }),
            said("anchor.missed", { ...request, ...again, cause: "down" }),
          ];
        }),
        said("training.progressed", { ...ids, state: "training", step: 1, steps: 2, loss: 0 }),
        said("operator.rejected", { act: "a", operator: "ada", model: "ant" }),
        said("adapter.withdrawn", { model: "ant", version: 0, restored: 0, cause: "" }),
        said("adapter.published", { ...ids, folder: "", before: 0, after: 0, loss: 0 }),
        said("adapter.rejected", { ...ids, before: 0, after: 0, cause: "" }),
        said("training.failed", { ...ids, cause: "" }),
      ],
      essence: ({ attempt, shared, missed, trained, refusedBy }) => [
        ...[attempt, shared, missed, trained !== undefined, refusedBy],
      ],
    });

  test("can end from every state", () => {
    const states = explored({});
    expect(stuck(states)).toEqual([]);
    expect(everyState(machine).filter((id) => !visited(states).has(id))).toEqual([]);
    expect(stuck(explored({ settings: { ...settings, gate: false } }))).toEqual([]);
  });

  test("never leaves a server asleep: every path from draining leads through waking", () => {
    const turning = explored({}).filter(({ state }) =>
      ["draining", "sleeping"].some((name) => state.matches(name)),
    );
    expect(turning.length).toBeGreaterThan(0);
    const allowed = /"(draining|sleeping|training|waking)"|\{"training":/;
    for (const { next } of turning) expect(next.filter((key) => !allowed.test(key))).toEqual([]);
    const shared = explored({}).filter(({ state }) => state.matches("training") && state.context.shared);
    for (const { next } of shared)
      expect(next.filter((key) => !/"waking"|\{"training":/.test(key))).toEqual([]);
  });

  test("has an outcome, by its deadlines alone, once it has a lease", () => {
    const holding = explored({}).filter(({ state }) => !state.matches("leasing"));
    const waiting = holding
      .map(({ state }) => idle(machine, state))
      .filter(({ status }) => status !== "done");
    expect(new Set(waiting.map(({ value }) => value))).toEqual(
      new Set(["leasing", "failed", "unmeasured", "publishing", "rejected"]),
    );
  });
});

describe("the supervisor", () => {
  type Context = ReturnType<typeof supervisorMachine.getInitialSnapshot>["context"];
  const joining = ["ant", "bee"].map((agent) =>
    said("agent.joined", { agent, kind: "model", machine: {}, member: true }),
  );
  const settled = settledOf("q", ["ant"]);
  const job = { job: "ant@v1", model: "ant", version: 1 };
  const answers = ({ requests }: Context): EventObject[] =>
    requests.slice(0, 1).map((request) => said("anchor.missed", { request, model: "ant", cause: "" }));
  const written = ({ society }: Context): EventObject[] => {
    const [oldest] = society.rounds;
    const round = oldest?.round ?? society.roundsClosed;
    const open = { round, attempt: 0, generator: "ant", difficulty: 1, count: 1 };
    const counts = { settled: 1, voided: 0, solutions: 1, verified: 1, admitted: 1 };
    const rates = { passRate: 0.5, target: 0.5, difficulty: 1, nextDifficulty: 1, surprise: 0 };
    return [
      ...(oldest ? [] : [said("round.opened", { ...open, strategy: "explore" })]),
      ...(oldest ? [said("round.closed", { round, ...counts, ...rates, strategy: "explore" })] : []),
      { ...settled, dossier: { ...settled.dossier, round } } as EventObject,
      said("question.voided", { question: "r", round, author: "ant", adapter: 0, text: "", reason: "" }),
    ];
  };
  const states = explore<Context>({
    machine: supervisorMachine,
    input: {
      settings: {
        ...{ ...settings, rounds: 2, questionsPerRound: 1, anchorEvery: 1, dynamicStrategy: false },
        trainAfter: "round",
      },
      records: [],
      expected: ["ant", "bee"],
    },
    events: (context) => [
      ...[
        ...joining,
        ...failures,
        ...lapses,
        ...recoveries,
        ...answers(context),
        ...(context.society.roundsClosed < 3 ? written(context) : []),
      ],
      ...(context.society.jobs.length === 0
        ? [
            said("training.requested", { ...job, generation: 1, previous: 0, samples: [] }),
            said("training.closed", { epoch: context.epoch }),
          ]
        : [said("training.failed", { ...job, cause: "" })]),
      said("run.finished", { rounds: 1, reason: "" }),
    ],
    essence: ({ society, members, away, expected, requests }) => [
      ...[society.roundsClosed, society.rounds.length, society.jobs.length, members, expected],
      Object.keys(away).toSorted(),
      ...[society.rounds.some(({ settled, voided }) => settled + voided > 0), requests.length > 0],
    ],
  });

  /** With an operator who pauses and resumes, and members that stay. */
  const steered = explore<Context>({
    machine: supervisorMachine,
    input: {
      settings: {
        ...settings,
        rounds: 1,
        questionsPerRound: 1,
        externalAnchor: false,
        dynamicStrategy: false,
      },
      records: [],
      expected: ["ant"],
    },
    events: (context) => [
      ...joining.slice(0, 1),
      ...(context.society.roundsClosed < 2 ? written(context) : []),
      said("training.closed", { epoch: context.epoch }),
      said("run.finished", { rounds: 1, reason: "" }),
      said("operator.paused", { act: "a", operator: "ada" }),
      said("operator.resumed", { act: "b", operator: "ada" }),
    ],
    essence: ({ society, members }) => [
      ...[society.roundsClosed, society.rounds.length, members.length, society.control.paused],
      society.rounds.some(({ settled, voided }) => settled + voided > 0),
    ],
  });

  test("can end from every state", () => {
    expect(stuck(states)).toEqual([]);
    expect(stuck(steered)).toEqual([]);
  });

  test("reaches each of its states", () => {
    const unreached = everyState(supervisorMachine).filter(
      (id) => !visited(states).has(id) && !visited(steered).has(id),
    );
    expect(unreached).toEqual([]);
  });
});
