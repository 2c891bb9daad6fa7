/**
 * The whole wire vocabulary: one schema per message, told apart by `type`, noun then verb in the past tense.
 *
 * 1. A message is believed only after `parseMessage` accepted it; senders are not trusted to be well-formed.
 * 2. Durable messages are written by the recorder before anybody hears them, at most once per `durableKey`:
 *    whatever the society remembers can be read back from the journal.
 * 3. Everything else is heard at most once and may be lost; whoever waits for it has a deadline.
 */
import { z } from "zod";
import {
  Admission,
  author,
  Ballot,
  count,
  Dossier,
  Exemplar,
  Expectation,
  Explanation,
  name,
  Pair,
  Rating,
  Remark,
  reading,
  Solution,
  Strategy,
  SuccessCount,
  share,
  text,
  Verdict,
} from "./message-parts.ts";

export type {
  Accuracy,
  Admission,
  Ballot,
  Dossier,
  Duel,
  Exemplar,
  Explanation,
  Pair,
  Rating,
  Remark,
  Sample,
  Solution,
  Strategy,
  SuccessCount,
  Tokens,
  Verdict,
} from "./message-parts.ts";

const envelope = { from: name, at: z.number() };
const message = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...envelope, ...shape });

export const schemas = {
  "agent.joined": message("agent.joined", {
    agent: name,
    kind: name,
    /** The machine definition as plain JSON, so that viewers draw types they have never seen. */
    machine: z.unknown(),
    model: name.optional(),
    /** Members of the R-group pose, solve, verify and vote. */
    member: z.boolean(),
    /** Questions wait for its remarks before their vote. */
    remarks: z.boolean().optional(),
  }),
  "agent.left": message("agent.left", { agent: name, reason: text }),
  /** A member whose work fails time after time counts as absent, until it has recovered. */
  "agent.lapsed": message("agent.lapsed", { agent: name, failures: count, cause: text }),
  "agent.recovered": message("agent.recovered", { agent: name }),
  "agent.failed": message("agent.failed", { agent: name, where: text, cause: text }),
  "round.opened": message("round.opened", {
    round: count,
    /** Counts up when a resumed run reopens a round to pose what is missing. */
    attempt: count,
    generator: name,
    difficulty: z.number(),
    count,
    strategy: Strategy,
  }),
  "round.closed": message("round.closed", {
    round: count,
    settled: count,
    voided: count,
    solutions: count,
    verified: count,
    admitted: count,
    /** V_t: share of verified solutions among those asked for. */
    passRate: share,
    target: share,
    /** d_t and d_{t+1} (Eq. 1). */
    difficulty: z.number(),
    nextDifficulty: z.number(),
    /** F_t (Eq. 2). */
    surprise: z.number().nonnegative(),
    strategy: Strategy,
    /** Solutions written with elite examples, and those that are always written without. */
    withExamples: SuccessCount.optional(),
    withoutExamples: SuccessCount.optional(),
    /** The highest μ of the group, and the mean. */
    standing: z.object({ best: z.number(), mean: z.number() }).optional(),
  }),
  "strategy.changed": message("strategy.changed", {
    round: count,
    before: Strategy,
    after: Strategy,
    cause: text,
    /** FEM's choice: what each strategy was expected to give. */
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
  }),
  "question.voided": message("question.voided", {
    question: name,
    round: count,
    ...author,
    text,
    reason: text,
  }),
  "solution.offered": message("solution.offered", {
    question: name,
    text: text,
    /** Who takes part in the question: somebody who has never heard it posed can tell. */
    group: z.array(name),
    offered: Solution,
  }),
  "solution.withheld": message("solution.withheld", { question: name, author: name, cause: text }),
  "verdict.given": message("verdict.given", { question: name, given: Verdict }),
  /** The remarkers may speak now: the question waits for them, for a while, before its vote. */
  "remarks.invited": message("remarks.invited", {
    question: name,
    text,
    remarkers: z.array(name),
    /** The verified ones. */
    solutions: z.array(z.object({ solution: name, text })),
  }),
  /** The sender has nothing more to remark on the question, or cannot. */
  "remarks.finished": message("remarks.finished", { question: name }),
  "ballot.opened": message("ballot.opened", {
    question: name,
    text,
    group: z.array(name),
    pairs: z.array(Pair),
    solutions: z.array(z.object({ solution: name, text })),
    /** What was remarked until now. */
    remarks: z.array(Remark).optional(),
  }),
  "ballot.cast": message("ballot.cast", { question: name, cast: Ballot }),
  "winner.elected": message("winner.elected", { question: name, text, winner: Solution }),
  "explanation.given": message("explanation.given", { question: name, given: Explanation }),
  "explanation.withheld": message("explanation.withheld", { question: name, author: name, cause: text }),
  /**
   * A free comment on a question or a solution, by any agent type, kept in the dossier. Voters read what was remarked
   * before their ballot opened; explainers take in whatever they have heard.
   */
  "remark.made": message("remark.made", { question: name, solution: name.optional(), kind: name, text }),
  "question.closed": message("question.closed", {
    dossier: Dossier,
    /** Each member's longest time for each kind of work it was asked for, by `member/kind` [s]. */
    paces: z.record(name, z.number().nonnegative()).optional(),
  }),
  "question.settled": message("question.settled", {
    dossier: Dossier,
    /** Ratings of the whole group after this question. */
    ratings: z.record(name, Rating),
    admissions: z.array(Admission),
  }),
  "history.updated": message("history.updated", { exemplars: z.array(Exemplar) }),
  "anchor.requested": message("anchor.requested", {
    request: name,
    round: count,
    model: name,
    adapter: count,
    /** A version to measure alongside, on the same problems and with the same examples. */
    against: count.optional(),
    purpose: z.enum(["baseline", "anchor", "gate"]),
  }),
  "anchor.measured": message("anchor.measured", {
    request: name,
    round: count,
    model: name,
    adapter: count,
    purpose: z.enum(["baseline", "anchor", "gate"]),
    ...reading,
    against: z.object({ adapter: count, ...reading }).optional(),
  }),
  "anchor.missed": message("anchor.missed", { request: name, model: name, cause: text }),
  "training.requested": message("training.requested", {
    job: name,
    model: name,
    /** Jobs of one filling of the buffer share a generation. */
    generation: count,
    /** Version the job continues from (0: the base model) and the version it makes. */
    previous: count,
    version: count,
    /** Version in force, which the gate compares with; where it is not the previous one. */
    against: count.optional(),
    /** Ids of the admitted solutions to train on. */
    samples: z.array(name),
    /** Ids of the verdicts, ballots and explanations to rehearse beside them. */
    rehearsal: z.array(text).optional(),
  }),
  "training.progressed": message("training.progressed", {
    job: name,
    model: name,
    state: name,
    step: count,
    steps: count,
    loss: z.number(),
    /** Slot of the job's newest lease; undefined before its first. */
    slot: count.optional(),
    /** Why the job is in this state, where it went wrong before. */
    cause: text.optional(),
  }),
  "training.failed": message("training.failed", {
    job: name,
    model: name,
    version: count,
    cause: text,
    /** Finished weights that the gate could not measure: the model's next job goes on from them. */
    folder: text.optional(),
  }),
  "adapter.rejected": message("adapter.rejected", {
    job: name,
    model: name,
    version: count,
    before: share,
    after: share,
    cause: text,
  }),
  "adapter.published": message("adapter.published", {
    job: name,
    model: name,
    version: count,
    folder: text,
    /** What the gate measured; nothing where it is switched off. */
    before: share.optional(),
    after: share.optional(),
    /** Unknown where the training was found finished after a restart [nats]. */
    loss: z.number().optional(),
  }),
  "adapter.withdrawn": message("adapter.withdrawn", {
    model: name,
    version: count,
    restored: count,
    cause: text,
  }),
  "call.metered": message("call.metered", {
    model: name,
    role: name,
    calls: count,
    promptTokens: count,
    completionTokens: count,
    seconds: z.number().nonnegative(),
    outcome: z.enum(["done", "aborted", "failed"]),
  }),
  "run.finished": message("run.finished", { rounds: count, reason: text }),
} as const;

export type MessageType = keyof typeof schemas;
export type MessageOf<T extends MessageType> = z.infer<(typeof schemas)[T]>;
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType];

/** A message as its author writes it: the envelope is added on sending. */
export type Draft<T extends MessageType = MessageType> = T extends MessageType
  ? Omit<MessageOf<T>, "from" | "at">
  : never;

/** The journal's idempotency key of a durable message, or undefined for a fleeting one. */
export const durableKey = (candidate: Message): string | undefined => {
  switch (candidate.type) {
    case "question.settled":
      return `question:${candidate.dossier.question}`;
    case "question.voided":
      return `question:${candidate.question}`;
    case "round.opened":
      return `round.opened:${candidate.round}.${candidate.attempt}`;
    case "round.closed":
    case "strategy.changed":
      return `${candidate.type}:${candidate.round}`;
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
    case "run.finished":
      return "run.finished";
    default:
      return undefined;
  }
};

/** What a message is about; the last token of its subject, so that listeners can follow one question or job. */
export const messageTopicId = (candidate: Message): string => {
  const fields: Record<string, unknown> = candidate;
  const dossier = "dossier" in candidate ? candidate.dossier.question : undefined;
  for (const id of [dossier, fields.question, fields.job, fields.model, fields.agent]) {
    if (typeof id === "string") return id;
  }
  return "all";
};

/** `agora.<run>.<topic>.<id>`; dots and wildcards inside an id would change the subject's meaning. */
export const subjectOf = (run: string, candidate: Message): string =>
  `agora.${run}.${candidate.type}.${messageTopicId(candidate).replaceAll(/[.*>\s]/g, "_")}`;

export class MessageError extends Error {
  readonly code = "AGORA_MESSAGE";
  constructor(problem: string) {
    super(`${problem}; expected one of the messages in runtime/messages.ts`);
  }
}

/** @throws MessageError naming the first field that is wrong. */
export const parseMessage = (candidate: unknown): Message => {
  const type = (candidate as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(schemas, type)) {
    throw new MessageError(`unknown message type ${JSON.stringify(type)?.slice(0, 60)}`);
  }
  const result = schemas[type as MessageType].safeParse(candidate);
  if (result.success) return result.data as Message;
  const issue = result.error.issues[0];
  throw new MessageError(`${type}: ${issue?.path.join(".")} ${issue?.message}`);
};
