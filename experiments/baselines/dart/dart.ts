/**
 * DART: each member measures how often it fails a problem by sampling, and draws solutions until the problem has its
 * share of right ones. With `uniform` every problem gets the same number; with `prop2diff` the number is proportional
 * to the fail rate, so that difficult problems are not the rare ones. Right solutions are kept.
 *
 * Source: Tong et al., DART-Math: Difficulty-Aware Rejection Tuning for Mathematical Problem-Solving
 * (arXiv 2407.13690), section 3.
 *
 * Adapted: the members sample for themselves; in the paper a larger model does for all. The solutions that measure the
 * fail rate count for the share, and the draws per problem are bounded. A solution with the text of an earlier one
 * does not count. The most difficult problem of the iteration gets the full share.
 */
import { z } from "zod";
import type { Problem } from "../../../runtime/task.ts";
import { baselineOf } from "../baseline.ts";
import type { Drawn, Lab } from "../lab.ts";
import { lessonOf, type Path } from "../lesson.ts";

const keys = {
  allocation: z.enum(["uniform", "prop2diff"]).default("prop2diff"),
  /** Solutions that measure a fail rate, and that one further call draws [solutions]. */
  trials: z.int().min(1).max(128).default(8),
  /** Right solutions of each problem, or of the most difficult one [solutions]. */
  share: z.int().min(1).default(4),
  /** Most solutions that are drawn of a problem [solutions]. */
  most: z.int().min(1).default(64),
  /** Default: the member's as a solver. The paper's is 1.6. */
  temperature: z.number().min(0).max(2).optional(),
};

type DartLab = Lab<z.output<z.ZodObject<typeof keys>>>;

/** Right solutions that each problem should get, by its fail rate. `[problems]` */
export const sharesOf = (
  failRates: readonly number[],
  { allocation, share }: { readonly allocation: "uniform" | "prop2diff"; readonly share: number },
): number[] => {
  const highest = Math.max(0, ...failRates);
  if (allocation === "uniform" || highest === 0) return failRates.map(() => share);
  return failRates.map((rate) => Math.max(1, Math.round((share * rate) / highest)));
};

interface Tried extends Drawn {
  readonly problem: Problem;
  /** Solutions that were asked for. */
  readonly draws: number;
}

const textsOf = (paths: readonly Path[]): Set<string> => new Set(paths.map(({ text }) => text.trim()));

const tryMore = async (lab: DartLab, tried: Tried, n: number): Promise<Tried> => {
  const { problem, author, draws } = tried;
  const { temperature } = lab.keys;
  const more = await lab.solve(author, problem.question, {
    n,
    id: `trial ${draws}`,
    gold: problem,
    temperature,
  });
  const paths = [...tried.paths, ...more.paths];
  return { ...tried, paths, draws: draws + n, withheld: paths.length > 0 ? [] : more.withheld };
};

const rightOf = ({ paths }: Tried): readonly Path[] => paths.filter(({ right }) => right);

const failRateOf = (tried: Tried): number => 1 - rightOf(tried).length / tried.draws;

/** The first right solutions with different texts. */
const chosenFrom = (right: readonly Path[], count: number): readonly Path[] => {
  const firsts = right.filter((path, index) => !textsOf(right.slice(0, index)).has(path.text.trim()));
  return firsts.slice(0, count);
};

const fill = async (lab: DartLab, tried: Tried, wanted: number): Promise<Tried> => {
  const { trials, most } = lab.keys;
  const chosen = chosenFrom(rightOf(tried), wanted);
  const left = Math.min(trials, most - tried.draws);
  if (chosen.length < wanted && left > 0) return fill(lab, await tryMore(lab, tried, left), wanted);
  return { ...tried, paths: tried.paths.map((path) => ({ ...path, kept: chosen.includes(path) })) };
};

/** All problems by one member. `[problems]` */
const playedBy = async (lab: DartLab, author: string, problems: readonly Problem[]): Promise<Tried[]> => {
  const untried = { author, adapter: lab.adapterOf(author), paths: [], withheld: [], draws: 0 };
  const tried = await Promise.all(
    problems.map((problem) => tryMore(lab, { ...untried, problem }, lab.keys.trials)),
  );
  const shares = sharesOf(
    tried.map((each) => failRateOf(each)),
    lab.keys,
  );
  return Promise.all(tried.map((each, index) => fill(lab, each, shares[index] ?? 0)));
};

export const agent = baselineOf({
  ...{ kind: "dart", keys, trainOn: "own", needsPool: true },
  play: async (lab) => {
    const problems = lab.problems();
    const played = await Promise.all(lab.members.map((member) => playedBy(lab, member, problems)));
    return problems.map(({ question }, index) =>
      lessonOf(
        "dart",
        question,
        played.flatMap((own) => own[index] ?? []),
      ),
    );
  },
});
