/** What messages are made of: schemas that several of them share. runtime/messages.ts gives them to everybody. */
import { z } from "zod";

/** A name or an id. */
export const name = z.string().min(1).max(200);
export const text = z.string().max(100_000);
export const count = z.int().nonnegative();
export const share = z.number().min(0).max(1);

/** TrueSkill belief about one model's skill. */
export const Rating = z.object({ mu: z.number(), sigma: z.number().positive() });
export type Rating = z.infer<typeof Rating>;

/** Which weights wrote something: the model agent and its adapter version, 0 for the base model. */
export const author = { author: name, adapter: count };

/** What the call that wrote something took. */
export const Tokens = z.object({ prompt: count, completion: count });
export type Tokens = z.infer<typeof Tokens>;

/** What a model wrote itself, and at what cost where that is known. */
export const written = { text, tokens: Tokens.optional() };

/** One solution o_k of a question. `examples` is the rendered few-shot context it was written in. */
export const Solution = z.object({
  solution: name,
  ...author,
  ...written,
  answer: text,
  examples: text,
  /** Questions whose exemplars stood in the context: their authors were the teachers. */
  exemplars: z.array(name),
});
export type Solution = z.infer<typeof Solution>;

export const Verdict = z.object({
  solution: name,
  verifier: name,
  adapter: count,
  /** An abstention is neither a yes nor a no: the solution stays unverified. */
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
  /** The preferred solution, or undefined where the voter abstained. */
  choice: name.optional(),
  /** The solution that was shown first: position bias can be measured afterwards. */
  shownFirst: name.optional(),
  ...written,
});
export type Ballot = z.infer<typeof Ballot>;

/** The outcome of one pair by majority; a tie is a draw. */
export const Duel = z.object({ first: name, second: name, outcome: z.enum(["first", "second", "draw"]) });
export type Duel = z.infer<typeof Duel>;

export const Explanation = z.object({ solution: name, ...author, ...written });
export type Explanation = z.infer<typeof Explanation>;

/** A free comment on a question or on one of its solutions, by whatever agent. */
export const Remark = z.object({
  author: name,
  solution: name.optional(),
  /** What the author calls it, such as `critique`. */
  kind: name,
  text,
  /** Made after the vote had begun: voters have not read it. */
  late: z.boolean().optional(),
});
export type Remark = z.infer<typeof Remark>;

/** Everything that was said about one question, as the model that posed it collected it. */
export const Dossier = z.object({
  question: name,
  round: count,
  ...author,
  difficulty: z.number(),
  /** What it was asked to be about. */
  topic: text.optional(),
  text,
  group: z.array(name),
  /** Members that stopped answering meanwhile: neither waited for nor needed for consensus. */
  absent: z.array(name).optional(),
  solutions: z.array(Solution),
  withheld: z.array(z.object({ author: name, cause: text })),
  verdicts: z.array(Verdict),
  /** Ids of the solutions that passed unanimous consensus. */
  verified: z.array(name),
  remarks: z.array(Remark).optional(),
  ballots: z.array(Ballot),
  duels: z.array(Duel),
  winner: name.optional(),
  explanation: Explanation.optional(),
  openedAt: z.number(),
});
export type Dossier = z.infer<typeof Dossier>;

/** Whether a solution entered B_hq (Eq. 4's indicator), and if not, why. */
export const Admission = z.object({
  solution: name,
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
  /**
   * What the peers thought of the solution: its share of the votes in its pairs, by Laplace's rule; one half where
   * nobody voted. Journals of earlier versions hold the author's μ here.
   */
  quality: z.number(),
  /** The author's μ when the question settled. */
  mu: z.number().optional(),
  /** Topic and difficulty of the question. */
  kind: text.optional(),
});
export type Exemplar = z.infer<typeof Exemplar>;

/** A supervised example; the loss covers the response only (Eq. 3). */
export const Sample = z.object({
  question: name,
  solution: name,
  author: name,
  prompt: text,
  response: text,
});
export type Sample = z.infer<typeof Sample>;

export const Accuracy = z.object({
  correct: count,
  total: count,
  /** One character a problem, in the set's order: 1 where it was solved, else 0. Pairs readings of one set. */
  marks: text.optional(),
});
export type Accuracy = z.infer<typeof Accuracy>;

/** What a strategy is expected to give: its pass rate, the surprise F that would leave, and on how many solutions. */
export const Expectation = z.object({ passRate: share, surprise: z.number(), solutions: count });

/** How many of some solutions passed verification. */
export const SuccessCount = z.object({ solutions: count, verified: count });
export type SuccessCount = z.infer<typeof SuccessCount>;

export const reading = { zeroShot: Accuracy, eliteShot: Accuracy };

export const Strategy = z.enum(["explore", "elite", "fresh"]);
export type Strategy = z.infer<typeof Strategy>;
