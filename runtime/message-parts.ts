/** Schemas that several messages share; runtime/messages.ts exports them. */
import { hash } from "node:crypto";
import { z } from "zod";

/** A name or an id. */
export const name = z.string().min(1).max(200);
export const text = z.string().max(100_000);
export const count = z.int().nonnegative();
export const share = z.number().min(0).max(1);

const envelope = { from: name, at: z.number() };

/** The schema of a message type. */
export const message = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...envelope, ...shape });

/** TrueSkill belief about one model's skill. */
export const Rating = z.object({ mu: z.number(), sigma: z.number().positive() });
export type Rating = z.infer<typeof Rating>;

/** The author of a text: the model agent and the version of its adapter, 0 for the base model. */
export const author = { author: name, adapter: count };

/** What an agent's type declares of it. */
export const declared = {
  /** Questions wait for its remarks before their vote. */
  remarks: z.boolean().optional(),
  /** It poses the questions of all rounds in the members' place. */
  poses: z.boolean().optional(),
  /** It is no member and verifies all solutions: their consensus needs its consent. */
  verifies: z.boolean().optional(),
};

/** A sign of life. */
export const life = {
  agent: name,
  /** Differs each time its process starts. */
  life: name,
  /** Time between two signs [s]. */
  every: z.number().positive(),
};

/** Permanent refusals of an endpoint in a row, and the last one's reason. */
export const Refusals = z.object({ refusals: count, problem: text, fix: text.optional() });

/** The cost of the call that produced a text; calls that were aborted, failed or asked again are in `call.metered`. */
export const Tokens = z.object({ prompt: count, completion: count });
export type Tokens = z.infer<typeof Tokens>;

/** A text that a model wrote, and its cost if known. */
export const written = { text, tokens: Tokens.optional() };

/** One solution o_k of a question. `examples` is the rendered few-shot context of its prompt. */
export const Solution = z.object({
  solutionId: name,
  ...author,
  ...written,
  answer: text,
  examples: text,
  /** Questions whose exemplars were in the context: their authors are the teachers. */
  exemplars: z.array(name),
  /** The lot gave it examples, even if a retry left them out. Undefined in older journals. */
  taught: z.boolean().optional(),
  /** Peers that the question has asked to verify it; undefined where all of its group are. */
  verifiers: z.array(name).optional(),
  /** The whole group verifies it, and no refusal stops the others: it shows what a panel would have let through. */
  audited: z.boolean().optional(),
});
export type Solution = z.infer<typeof Solution>;

export const Verdict = z.object({
  solutionId: name,
  verifier: name,
  adapter: count,
  /** An abstention neither accepts nor refuses: the solution stays unverified. */
  verdict: z.enum(["accept", "refuse", "abstain"]),
  ...written,
});
export type Verdict = z.infer<typeof Verdict>;

export const Pair = z.object({ pair: name, first: name, second: name });
export type Pair = z.infer<typeof Pair>;

export const Ballot = z.object({
  pair: name,
  voter: name,
  adapter: count,
  /** The preferred solution; undefined if the voter abstained. */
  choice: name.optional(),
  /** The solution shown first, to measure position bias. */
  shownFirst: name.optional(),
  ...written,
});
export type Ballot = z.infer<typeof Ballot>;

/** The outcome of one pair by majority; a tie is a draw. */
export const Duel = z.object({ first: name, second: name, outcome: z.enum(["first", "second", "draw"]) });
export type Duel = z.infer<typeof Duel>;

export const Explanation = z.object({ solutionId: name, ...author, ...written });
export type Explanation = z.infer<typeof Explanation>;

/** A comment on a question or on one of its solutions, from any agent. */
export const Remark = z.object({
  author: name,
  solutionId: name.optional(),
  /** The author's word for it, such as `critique`. */
  kind: name,
  text,
  /** Made after the vote began: voters have not read it. */
  late: z.boolean().optional(),
});
export type Remark = z.infer<typeof Remark>;

/** All texts about one question, collected by the model that posed it. */
export const Dossier = z.object({
  question: name,
  round: count,
  ...author,
  difficulty: z.number(),
  /** The topic the generator was asked for. */
  topic: text.optional(),
  text,
  group: z.array(name),
  /** Agents beside the group whose consent every solution needs. */
  judges: z.array(name).optional(),
  /** Members and judges that stopped answering: consensus does not need them. */
  absent: z.array(name).optional(),
  solutions: z.array(Solution),
  withheld: z.array(z.object({ author: name, cause: text, taught: z.boolean().optional() })),
  verdicts: z.array(Verdict),
  /** Ids of the solutions that passed unanimous consensus. */
  verified: z.array(name),
  /** Who votes, and on which pairs; undefined where the whole group votes on all. */
  voters: z.array(name).optional(),
  pairs: z.array(Pair).optional(),
  remarks: z.array(Remark).optional(),
  ballots: z.array(Ballot),
  duels: z.array(Duel),
  winner: name.optional(),
  explanation: Explanation.optional(),
  openedAt: z.number(),
});
export type Dossier = z.infer<typeof Dossier>;

/** Whether a solution entered B_hq (Eq. 4's indicator), and the reason. */
export const Admission = z.object({
  solutionId: name,
  author: name,
  admitted: z.boolean(),
  reason: z.enum([
    "verified and above the mean",
    "verified",
    "not verified",
    "not above the mean",
    "not of an elite peer",
    "the same text as another's",
  ]),
});
export type Admission = z.infer<typeof Admission>;

/** One interaction in the elite history H_t. */
export const Exemplar = z.object({
  question: name,
  text,
  solution: text,
  explanation: text,
  author: name,
  /** The peers' judgement of the solution: its share of the votes in its pairs, by Laplace's rule; 0.5 without votes. */
  quality: z.number(),
  /** The author's μ when the question settled. */
  mu: z.number(),
  /** Topic and difficulty of the question. */
  kind: text.optional(),
});
export type Exemplar = z.infer<typeof Exemplar>;

/** A supervised example; the loss covers the response only (Eq. 3). */
export const Sample = z.object({
  question: name,
  solutionId: name,
  author: name,
  prompt: text,
  response: text,
});
export type Sample = z.infer<typeof Sample>;

export const Accuracy = z.object({
  correct: count,
  total: count,
  /** One character per problem, in the set's order: 1 if solved, else 0. Allows paired comparisons on one set. */
  marks: text.optional(),
});
export type Accuracy = z.infer<typeof Accuracy>;

/** What a model made of one held-out problem, or of one request in a role beside solving. */
export const Answer = z.object({
  problem: name,
  /** From 0, where a problem is asked several times. */
  sample: count.optional(),
  /** As it is read from the reply; undefined where there is none, or where it must not be published. */
  answer: text.optional(),
  right: z.boolean(),
  /** Why it counts as wrong without having been compared, or in spite of it. */
  flaw: z.enum(["cut off", "no answer", "undecided"]).optional(),
  tokens: Tokens.optional(),
});
export type Answer = z.infer<typeof Answer>;

/** The forecast for a strategy: pass rate, the resulting surprise F, and the number of solutions it is based on. */
export const Expectation = z.object({ passRate: share, surprise: z.number(), solutions: count });

/** Number of solutions, also withheld ones, and how many of them passed verification. */
export const SuccessCount = z.object({ solutions: count, verified: count });
export type SuccessCount = z.infer<typeof SuccessCount>;

export const reading = { zeroShot: Accuracy, eliteShot: Accuracy };

export const Strategy = z.enum(["explore", "elite", "fresh"]);
export type Strategy = z.infer<typeof Strategy>;

/** What a measuring measures. */
export const measurement = {
  model: name,
  adapter: count,
  kind: z.enum(["zero-shot", "elite-shot", "role"]),
  /** The benchmark; for a role its figure. */
  set: name,
  /** What was asked for: a set may hold less. */
  size: count,
  /** Answers per problem, where there are several. */
  samples: count.optional(),
  seed: count,
  /** Fingerprint of the examples that every prompt held; undefined without examples. */
  examples: name.optional(),
};

/** The goals that end a run. */
export const goals = { rounds: count, updates: count.optional(), tokens: count.optional() };

/** The components of the paper's Table 2, each of which can be switched off. */
export const componentNames = [
  ...(["validVote", "lora", "qualityVote", "eliteIcl", "randomQGen"] as const),
  ...(["difficultyControl", "externalAnchor", "explanation", "dynamicStrategy", "fem"] as const),
] as const;
export type ComponentName = (typeof componentNames)[number];

/** Components that are switched differently than the configuration has them. */
export const Components = z.object({
  ...{ validVote: z.boolean().optional(), lora: z.boolean().optional() },
  ...{ qualityVote: z.boolean().optional(), eliteIcl: z.boolean().optional() },
  ...{ randomQGen: z.boolean().optional(), difficultyControl: z.boolean().optional() },
  ...{ externalAnchor: z.boolean().optional(), explanation: z.boolean().optional() },
  ...{ dynamicStrategy: z.boolean().optional(), fem: z.boolean().optional() },
});
export type Components = z.infer<typeof Components>;

/** Of what an operator does. */
export const acted = {
  /** The id of the act. */
  act: name,
  /** Who did it: a name that the person gives, or that of the user or page. */
  operator: name,
};
const measured = z.object(measurement);

/** Equal measurements have equal keys and are made once. */
export const measureKey = (taken: z.infer<typeof measured>): string =>
  `measure.taken:${taken.model}@v${taken.adapter}:${taken.kind}:${taken.set}:${taken.size}:${taken.seed}:${taken.examples ?? ""}${taken.samples === undefined ? "" : `:${taken.samples}`}`;

/** Tells the problems of two readings apart: a set that has got others is measured again. */
export const problemsDigest = (answers: readonly Pick<Answer, "problem">[]): string =>
  hash("sha256", answers.map(({ problem }) => problem).join("\n")).slice(0, 16);

/** Tells the answers of one measuring apart. */
export const answerKey = ({ problem, sample = 0 }: Pick<Answer, "problem" | "sample">): string =>
  `${problem}#${sample}`;
