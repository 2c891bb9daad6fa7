/**
 * SGDS, self-guided data selection: each member scores training pairs by their instruction-following difficulty, IFD:
 * the loss of the answer after its instruction over the loss of the answer alone. Below 1 the instruction helps; of
 * those pairs the most difficult are kept, and the base model is trained on them. Every iteration scores the next problems
 * of the pool, keeps their most difficult, and trains the base anew on all that it has kept (`loraSamples: all`).
 *
 * Source: Li et al., From Quantity to Quality: Boosting LLM Performance with Self-Guided Data Selection for
 * Instruction Tuning (arXiv 2308.12032). The first iteration is its brief experience: a random share of the pairs, on
 * which the model is trained that scores afterwards.
 *
 * Adapted: the task has gold answers but no written solutions, so a pair is a problem of the pool with the first right
 * solution of the member itself; the brief experience is drawn at random instead of from clusters of embeddings, and its
 * pairs stay among those that are kept; the most difficult share of each iteration stands for that of the whole data
 * set, and is scored by the newest model. Losses are means per token, from the log-probabilities of `/v1/completions`;
 * `preQuery` and `postQuery` are what the model's chat template writes around a user's message.
 */
import { z } from "zod";
import { asModel, chatFor } from "../../../actors/roles/prompting.ts";
import { chanceOf } from "../../../machines/random.ts";
import { oneText } from "../../../prompts/chat.ts";
import type { TokenScore } from "../../../runtime/model/model.ts";
import type { Problem } from "../../../runtime/task.ts";
import { baselineOf } from "../baseline.ts";
import type { Drawn, Lab } from "../lab.ts";
import { lessonOf, type Path } from "../lesson.ts";

const keys = {
  /** Solutions that are drawn of a problem, to find a right one [solutions]. */
  samples: z.int().min(1).max(128).default(4),
  /** The most difficult pairs that are kept; 0.05 to 0.1 in the paper [share of the pairs]. */
  keep: z.number().gt(0).max(1).default(0.1),
  /** Pairs of the brief experience [share of the pairs]. */
  experience: z.number().gt(0).max(1).default(0.1),
  preQuery: z.string().default(""),
  postQuery: z.string().default(""),
};

type SgdsLab = Lab<z.output<z.ZodObject<typeof keys>>>;

/** Mean loss of the tokens that begin at `from` or later [nats]; undefined without any. */
export const lossFrom = (scores: readonly TokenScore[], from: number): number | undefined => {
  const losses = scores.flatMap(({ offset, logprob }) =>
    offset >= from && logprob !== undefined ? [-logprob] : [],
  );
  return losses.length === 0 ? undefined : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

const lossOf = async (lab: SgdsLab, member: string, before: string, text: string) => {
  const call = { form: "score", role: "scorer", prompt: before + text } as const;
  const { scores = [] } = await lab.complete(member, call);
  return lossFrom(scores, before.length);
};

/** A training pair of one member. */
interface Candidate {
  readonly question: string;
  readonly path: Path;
}

const instructionOf = (lab: SgdsLab, { question, path }: Candidate): string => {
  const { preQuery, postQuery } = lab.keys;
  const asked = asModel(lab.tools, path.author);
  const chat = chatFor(asked, "solver", { question, examples: "" }, { structured: false });
  return `${preQuery}${oneText(chat)}${postQuery}`;
};

/** Undefined if the model cannot be asked or the answer alone has no loss. */
const ifdOf = async (lab: SgdsLab, candidate: Candidate): Promise<number | undefined> => {
  const { author, text } = candidate.path;
  try {
    const [after, alone] = await Promise.all([
      lossOf(lab, author, instructionOf(lab, candidate), text),
      lossOf(lab, author, "", text),
    ]);
    return after === undefined || !alone ? undefined : after / alone;
  } catch (error) {
    lab.report(`scoring a pair of ${author}`, error);
    return undefined;
  }
};

/** The most difficult `count` of those below 1, most difficult first. `ifds`: one for each candidate. */
export const mostDifficult = <T>(
  candidates: readonly T[],
  ifds: readonly (number | undefined)[],
  count: number,
): T[] =>
  candidates
    .map((candidate, index) => ({ candidate, ifd: ifds[index] ?? Number.NaN }))
    .filter(({ ifd }) => ifd < 1)
    .toSorted((left, right) => right.ifd - left.ifd)
    .slice(0, count)
    .map(({ candidate }) => candidate);

const chosenFrom = async (lab: SgdsLab, candidates: readonly Candidate[]): Promise<Candidate[]> => {
  const { keep, experience } = lab.keys;
  const { round } = lab.opened;
  const size = (share: number) => Math.ceil(share * candidates.length);
  const lot = ({ question }: Candidate) => chanceOf(lab.tools.config.seed, "experience", question);
  if (round === 0) {
    return candidates.toSorted((left, right) => lot(left) - lot(right)).slice(0, size(experience));
  }
  const ifds = await Promise.all(candidates.map((candidate) => ifdOf(lab, candidate)));
  return mostDifficult(candidates, ifds, size(keep));
};

/** All problems by one member. `[problems]` */
const playedBy = async (lab: SgdsLab, member: string, problems: readonly Problem[]): Promise<Drawn[]> => {
  const n = lab.keys.samples;
  const drawn = await Promise.all(
    problems.map((gold) => lab.solve(member, gold.question, { n, id: "pair", gold })),
  );
  const candidates = problems.flatMap((problem, index): Candidate[] => {
    const path = drawn[index]?.paths.find(({ right }) => right);
    return path === undefined ? [] : [{ question: problem.question, path }];
  });
  const chosen = new Set((await chosenFrom(lab, candidates)).map(({ path }) => path));
  const marked = (paths: readonly Path[]) => paths.map((path) => ({ ...path, kept: chosen.has(path) }));
  return drawn.map((each) => ({ ...each, paths: marked(each.paths) }));
};

export const agent = baselineOf({
  ...{ kind: "sgds", keys, trainOn: "own", loraFrom: "base", loraSamples: "all", needsPool: true },
  play: async (lab) => {
    const problems = lab.problems();
    const played = await Promise.all(lab.members.map((member) => playedBy(lab, member, problems)));
    return problems.map(({ question }, index) =>
      lessonOf(
        "sgds",
        question,
        played.flatMap((own) => own[index] ?? []),
      ),
    );
  },
});
