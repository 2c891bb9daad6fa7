/**
 * A custom agent type in one file: a critic remarks on verified solutions, and winners use its remarks in their
 * explanations. No other file mentions it; a configuration names it:
 *
 *     models:
 *       - { name: critic, model: wren, kind: examples/critic/critic.ts }
 */
import { assign, emit, fromPromise, setup } from "xstate";
import { type AgentType, planOf, type Tools } from "../../actors/agent.ts";
import { askOnce } from "../../actors/roles/ask.ts";
import type { Draft, Message, Verdict } from "../../runtime/messages.ts";

interface Candidate {
  readonly question: string;
  readonly solutionId: string;
  readonly questionText: string;
  readonly text: string;
  /** Acceptances that are missing until the solution is verified. */
  readonly missing: number;
}

interface Context {
  readonly groups: Readonly<Record<string, number>>;
  readonly candidates: Readonly<Record<string, Candidate>>;
  readonly queue: readonly Candidate[];
  readonly current: Candidate | undefined;
}

const remark = ({ question, solutionId }: Candidate, text: string): Draft => ({
  type: "remark.made",
  ...{ question, solutionId, text, kind: "critique" },
});

const review = async (
  tools: Tools,
  candidate: Candidate | undefined,
  signal: AbortSignal,
): Promise<Draft> => {
  if (candidate === undefined) throw new Error("nothing to review");
  const variables = { question: candidate.questionText, solution: candidate.text };
  const id = `review:${candidate.solutionId}`;
  const { text } = await askOnce(tools, { prompt: "reviewer", variables, id, attempt: 0 }, signal);
  return remark(candidate, text);
};

const heard = (
  candidates: Context["candidates"],
  { solutionId, verdict }: Verdict,
): Context["candidates"] => {
  const { [solutionId]: candidate, ...others } = candidates;
  if (candidate === undefined || verdict !== "accept") return others;
  return { ...others, [solutionId]: { ...candidate, missing: candidate.missing - 1 } };
};

const listen = ({ candidates, groups }: Context, event: Message): Context["candidates"] => {
  if (event.type === "solution.offered") {
    const { question, text: questionText, offered } = event;
    const missing = (groups[question] ?? Number.POSITIVE_INFINITY) - 1;
    const { solutionId, text } = offered;
    return { ...candidates, [solutionId]: { question, solutionId, questionText, text, missing } };
  }
  if (event.type !== "verdict.given") return candidates;
  return event.verdicts.reduce(heard, candidates);
};

const machine = setup({
  types: { context: {} as Context, events: {} as Message, input: {} as unknown, emitted: {} as Draft },
  actors: {
    review: fromPromise<Draft, Candidate | undefined>(() => Promise.reject(new Error("no effect provided"))),
  },
  actions: { say: emit((_, draft: Draft) => draft) },
  guards: { hasWork: ({ context }) => context.queue.length > 0 },
}).createMachine({
  id: "critic",
  context: { groups: {}, candidates: {}, queue: [], current: undefined },
  initial: "reading",
  on: {
    "question.posed": {
      actions: assign(({ context, event }) => ({
        groups: { ...context.groups, [event.question]: event.group.length },
      })),
    },
    "solution.offered": { actions: assign(({ context, event }) => ({ candidates: listen(context, event) })) },
    "verdict.given": {
      actions: assign(({ context, event }) => {
        const candidates = listen(context, event);
        const verified = Object.values(candidates).filter(({ missing }) => missing === 0);
        const waiting = Object.entries(candidates).filter(([, { missing }]) => missing > 0);
        return { candidates: Object.fromEntries(waiting), queue: [...context.queue, ...verified] };
      }),
    },
    "question.closed": {
      actions: assign(({ context, event }) => {
        const { question } = event.dossier;
        const { [question]: _closed, ...groups } = context.groups;
        const open = Object.entries(context.candidates).filter(([, other]) => other.question !== question);
        const queue = context.queue.filter((other) => other.question !== question);
        return { groups, candidates: Object.fromEntries(open), queue };
      }),
    },
  },
  states: {
    reading: {
      always: {
        guard: "hasWork",
        target: "reviewing",
        actions: assign(({ context: { queue } }) => ({ current: queue[0], queue: queue.slice(1) })),
      },
    },
    reviewing: {
      invoke: {
        id: "review",
        src: "review",
        input: ({ context }) => context.current,
        onDone: {
          target: "reading",
          actions: { type: "say", params: ({ event }) => event.output },
        },
        /** Without a review there is only one remark less. */
        onError: { target: "reading" },
      },
    },
  },
});

export const critic: AgentType = {
  kind: "critic",
  member: false,
  essential: false,
  plan: (tools) => {
    const provided = machine.provide({
      actors: { review: fromPromise(({ input, signal }) => review(tools, input, signal)) },
    });
    return planOf("critic", provided, undefined);
  },
};
