/**
 * The messages of the wire: one schema per message type. A type is a noun and a verb in the past tense.
 *
 * 1. A message from outside is used only after `parseMessage` accepts it.
 * 2. The recorder writes a durable message before any listener hears it, once per `durableKey`: the state of the
 *    society can be rebuilt from the journal.
 * 3. Other messages are delivered at most once and may be lost; an actor that waits for one sets a deadline.
 */
import { z } from "zod";
import { AgoraError } from "./agora-error.ts";
import { exactlyEach } from "./exact.ts";
import * as parts from "./message-parts.ts";
import {
  Admission,
  Answer,
  author,
  Ballot,
  Components,
  count,
  Dossier,
  declared,
  Exemplar,
  Expectation,
  Explanation,
  goals,
  life,
  measureKey,
  measurement,
  message,
  name,
  Pair,
  problemsDigest,
  Rating,
  Refusals,
  Remark,
  Solution,
  Strategy,
  SuccessCount,
  share,
  text,
  Verdict,
} from "./message-parts.ts";
import { operatorKey, operatorSchemas } from "./operator-messages.ts";
import { trainingSchemas } from "./training-messages.ts";

export type * from "./message-parts.ts";
export { componentNames } from "./message-parts.ts";

/** A question that ends without a dossier. */
const unsettled = { question: name, round: count, ...author, text, reason: text };

export const schemas = {
  "agent.joined": message("agent.joined", {
    agent: name,
    kind: name,
    /** The machine definition as plain JSON, so that viewers can draw unknown agent types. */
    machine: z.unknown(),
    model: name.optional(),
    /** Members of the R-group pose, solve, verify and vote. */
    member: z.boolean(),
    ...declared,
  }),
  "agent.left": message("agent.left", { agent: name, reason: text }),
  /** An agent whose work fails repeatedly, or whose process is gone, is absent until it has recovered or joined again. */
  "agent.lapsed": message("agent.lapsed", { agent: name, failures: count, cause: text }),
  "agent.recovered": message("agent.recovered", { agent: name }),
  /**
   * A sign of life of an agent in another process than the host's, or of the host, as `attendance`. Who has pulsed once
   * and stops is taken to be gone.
   */
  "agent.pulsed": message("agent.pulsed", {
    ...life,
    /** Why this sign is its last one. */
    leaves: text.optional(),
    /** Calls that the endpoint of its model has answered in this life, if only with an error. */
    answered: count.optional(),
    /** Its endpoint refuses permanently: how often in a row, and why. */
    refused: Refusals.optional(),
  }),
  /** The link of its process was down: the others say again what they have said about questions that have not ended. */
  "agent.returned": message("agent.returned", { agent: name }),
  "agent.failed": message("agent.failed", { agent: name, where: text, cause: text }),
  "round.opened": message("round.opened", {
    round: count,
    /** Increases when a resumed run reopens a round to pose the missing questions. */
    attempt: count,
    generator: name,
    difficulty: z.number(),
    count,
    strategy: Strategy,
    /** Components that are switched differently than the configuration has them, for the questions of this round. */
    components: Components.optional(),
    /** Ids of the settings of an operator that apply from this round on. */
    acts: z.array(name).optional(),
  }),
  "round.closed": message("round.closed", {
    round: count,
    settled: count,
    voided: count,
    solutions: count,
    verified: count,
    admitted: count,
    /** V_t: verified solutions as a share of the requested ones. */
    passRate: share,
    target: share,
    /** d_t and d_{t+1} (Eq. 1). */
    difficulty: z.number(),
    nextDifficulty: z.number(),
    /** F_t (Eq. 2). */
    surprise: z.number().nonnegative(),
    strategy: Strategy,
    /** Solutions that the lot gave elite examples, and the control group that it gave none. */
    withExamples: SuccessCount.optional(),
    withoutExamples: SuccessCount.optional(),
    /** The highest μ of the group, and the mean. */
    standing: z.object({ best: z.number(), mean: z.number() }).optional(),
    /**
     * How old what was known was when it was used: earlier rounds that were not closed yet when the round opened, whose
     * V_t its difficulty and strategy lack; and the most adapter versions that a solution was behind when it settled.
     */
    staleness: z.object({ rounds: count, adapters: count }).optional(),
  }),
  "strategy.changed": message("strategy.changed", {
    round: count,
    before: Strategy,
    after: Strategy,
    cause: text,
    /** The act of the operator who chose it. */
    act: name.optional(),
    /** The forecast for each strategy, if FEM made the choice. */
    expected: z
      .object({
        explore: Expectation.optional(),
        elite: Expectation.optional(),
        fresh: Expectation.optional(),
      })
      .optional(),
  }),
  "question.posed": message("question.posed", {
    question: name,
    round: count,
    ...author,
    difficulty: z.number(),
    topic: text.optional(),
    text,
    group: z.array(name),
    /** False: nobody verifies its solutions. */
    examined: z.boolean().optional(),
  }),
  "question.voided": message("question.voided", unsettled),
  /** Nobody runs the question any more. The referee voids it, unless it has closed and is rated. */
  "question.abandoned": message("question.abandoned", unsettled),
  "solution.offered": message("solution.offered", {
    question: name,
    text: text,
    /** The members that take part in the question, for agents that missed `question.posed`. */
    group: z.array(name),
    /** The peers that verify it now. */
    verifiers: z.array(name),
    offered: Solution,
  }),
  "solution.withheld": message("solution.withheld", {
    question: name,
    author: name,
    cause: text,
    /** The lot gave it examples. Undefined in older journals. */
    taught: z.boolean().optional(),
  }),
  /** The first verifiers have accepted the solution: now the others are asked. */
  "verdict.requested": message("verdict.requested", {
    question: name,
    text: text,
    group: z.array(name),
    verifiers: z.array(name),
    offered: Solution,
  }),
  /** Verdicts of one verifier: those that are ready together travel together. */
  "verdict.given": message("verdict.given", { question: name, verdicts: z.array(Verdict) }),
  /** The remarkers may speak now: the question waits for them, for a while, before its vote. */
  "remarks.invited": message("remarks.invited", {
    question: name,
    text,
    remarkers: z.array(name),
    /** The verified ones. */
    solutions: z.array(z.object({ solutionId: name, text })),
  }),
  /** The sender has nothing more to remark on the question, or cannot. */
  "remarks.finished": message("remarks.finished", { question: name }),
  "ballot.opened": message("ballot.opened", {
    question: name,
    text,
    group: z.array(name),
    pairs: z.array(Pair),
    solutions: z.array(z.object({ solutionId: name, text })),
    /** What was remarked until now. */
    remarks: z.array(Remark).optional(),
  }),
  /** One voter's ballots on all pairs. */
  "ballot.cast": message("ballot.cast", { question: name, ballots: z.array(Ballot) }),
  "winner.elected": message("winner.elected", { question: name, text, winner: Solution }),
  "explanation.given": message("explanation.given", { question: name, given: Explanation }),
  "explanation.withheld": message("explanation.withheld", { question: name, author: name, cause: text }),
  /**
   * A comment on a question or a solution, from any agent type, kept in the dossier. Voters read the remarks made before
   * their ballot opened; explainers read all that they have received.
   */
  "remark.made": message("remark.made", { question: name, solutionId: name.optional(), kind: name, text }),
  "question.closed": message("question.closed", {
    dossier: Dossier,
    /** Longest time of each member for each kind of work, by `member/kind` [s]. */
    paces: z.record(name, z.number().nonnegative()).optional(),
  }),
  "question.settled": message("question.settled", {
    dossier: Dossier,
    /** Ratings of the whole group after this question. */
    ratings: z.record(name, Rating),
    admissions: z.array(Admission),
  }),
  /**
   * The end of a question that an operator asked: it is rated by nobody, admits no sample and belongs to no round's count.
   */
  "question.answered": message("question.answered", {
    dossier: Dossier,
    /** Why there is no solution; undefined if there is one. */
    reason: text.optional(),
  }),
  "history.updated": message("history.updated", { exemplars: z.array(Exemplar) }),
  ...trainingSchemas(parts),
  "call.metered": message("call.metered", {
    model: name,
    role: name,
    calls: count,
    /** Of calls that were aborted or failed after they had been sent: estimated. */
    promptTokens: count,
    /** Of the prompt tokens, those that the endpoint had in its prefix cache, as far as it says so. */
    cachedTokens: count.optional(),
    completionTokens: count,
    seconds: z.number().nonnegative(),
    outcome: z.enum(["done", "aborted", "failed"]),
    /**
     * Differs from that of every other sum: with it the message is durable, and recorded once. Without it the message is
     * recorded as often as it arrives, if it does.
     */
    sum: name.optional(),
  }),
  /** One measuring of one version on one set, after the society has ended: nothing in it reaches the society. */
  "measure.taken": message("measure.taken", { ...measurement, answers: z.array(Answer) }),
  /** Some answers of a measuring that is under way: one that is interrupted goes on with the others. */
  "measure.progressed": message("measure.progressed", {
    ...measurement,
    /** The first of the answers, as problem and sample. */
    first: text,
    answers: z.array(Answer),
  }),
  /** The measuring of a finished run begins, or goes on: the number of answers it takes in all. */
  "measure.planned": message("measure.planned", { answers: count }),
  /** The measuring has ended: with the causes of missing figures by model, or before its end by its user. */
  "run.measured": message("run.measured", {
    unmeasured: z.record(name, text),
    interrupted: z.boolean(),
  }),
  /** A run that had finished, or had not, goes on to other goals. */
  "run.extended": message("run.extended", goals),
  "run.finished": message("run.finished", { rounds: count, reason: text }),
  ...operatorSchemas(parts),
  /** A run that cannot go on, and why: its models refuse, or all questions are void. It can be resumed. */
  "run.failed": message("run.failed", { reason: text }),
} as const;

const exact = exactlyEach(schemas);

export type MessageType = keyof typeof schemas;
export type MessageOf<T extends MessageType> = z.infer<(typeof schemas)[T]>;
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType];

/** A message without its envelope, which `send` adds. */
export type Draft<T extends MessageType = MessageType> = T extends MessageType
  ? Omit<MessageOf<T>, "from" | "at">
  : never;

/** The journal's idempotency key of a durable message; undefined for other messages. */
export const durableKey = (candidate: Message): string | undefined => {
  switch (candidate.type) {
    case "question.settled":
      return `question:${candidate.dossier.question}`;
    case "question.voided":
      return `question:${candidate.question}`;
    case "question.answered":
      return `question:${candidate.dossier.question}`;
    case "round.opened":
      return `round.opened:${candidate.round}.${candidate.attempt}`;
    case "round.closed":
      return `round.closed:${candidate.round}`;
    case "strategy.changed":
      return `strategy.changed:${candidate.round}${candidate.act === undefined ? "" : `:${candidate.act}`}`;
    case "anchor.measured":
      return `anchor.measured:${candidate.request}`;
    case "training.requested":
      return `training.requested:${candidate.job}`;
    case "training.failed":
    case "adapter.rejected":
    case "adapter.published":
      return `job.ended:${candidate.job}`;
    case "adapter.withdrawn":
      return `adapter.withdrawn:${candidate.model}@v${candidate.version}`;
    case "agent.failed":
      return `agent.failed:${candidate.agent}:${candidate.at}:${candidate.where}`;
    case "measure.taken":
      return `${measureKey(candidate)}:${problemsDigest(candidate.answers)}`;
    case "measure.progressed":
      return `${measureKey(candidate)}:${candidate.first}`;
    case "measure.planned":
    case "run.measured":
    case "run.extended":
    case "run.failed":
      return `${candidate.type}:${candidate.at}`;
    // A run that was extended finishes again.
    case "run.finished":
      return `run.finished:${candidate.rounds}:${candidate.reason}`;
    case "call.metered":
      return candidate.sum === undefined ? undefined : `call.metered:${candidate.model}:${candidate.sum}`;
    default:
      return operatorKey(candidate);
  }
};

/** The question that a message is about, if any. */
export const questionOf = (candidate: Message): string | undefined => {
  if ("question" in candidate) return candidate.question;
  return "dossier" in candidate ? candidate.dossier.question : undefined;
};

/** The question whose end a message is, if any. */
export const questionEndedBy = (candidate: Message): string | undefined => {
  switch (candidate.type) {
    case "question.settled":
    case "question.voided":
    case "question.answered":
      return questionOf(candidate);
    default:
      return undefined;
  }
};

/** The id of a message's topic, and the last token of its subject: listeners can select one question or job. */
export const messageTopicId = (candidate: Message): string => {
  const fields: Record<string, unknown> = candidate;
  const ids: unknown[] = [questionOf(candidate), fields.job, fields.model, fields.agent];
  return ids.find((id) => typeof id === "string") ?? "all";
};

/** `<type>.<id>`. Dots, wildcards and spaces in an id are replaced: they have a meaning in subjects. */
export const topicOf = (candidate: Message): string =>
  `${candidate.type}.${messageTopicId(candidate).replaceAll(/[.*>\s]/g, "_")}`;

export class MessageError extends AgoraError<"AGORA_MESSAGE"> {
  constructor(problem: string) {
    super("AGORA_MESSAGE", problem, { expected: "one of the messages in runtime/messages.ts" });
  }
}

/** Without fields that no schema names. @throws MessageError naming the first field that is wrong. */
export const parseMessage = (candidate: unknown): Message => {
  const type = (candidate as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(schemas, type)) {
    throw new MessageError(`unknown message type ${JSON.stringify(type)?.slice(0, 60)}`);
  }
  if (exact[type as MessageType](candidate)) return candidate as Message;
  const result = schemas[type as MessageType].safeParse(candidate);
  if (result.success) return result.data as Message;
  const issue = result.error.issues[0];
  throw new MessageError(`${type}: ${issue?.path.join(".")} ${issue?.message}`);
};
