/**
 * The isolated control: every member learns from itself alone. It draws 32 solutions of each problem; if more than half
 * of all 32 agree on an answer, a solution with that answer becomes its training sample.
 *
 * Source: the isolated models with which AGORA compares its groups (arXiv 2507.21166); the majority of a model's own
 * samples as the label follows Huang et al., Large Language Models Can Self-Improve (arXiv 2210.11610).
 *
 * Adapted: the majority must be strict, and replies without a readable answer count against it. One solution of each
 * majority is kept, the first that was drawn: the buffer admits the same text once, so that all of them together would
 * teach rare solutions as often as common ones. The members of a group learn side by side without knowing of each
 * other, so that one run holds the control of each; a group of one is the same. The gold answers of the pool are not
 * used.
 */
import { z } from "zod";
import { baselineOf } from "../baseline.ts";
import type { Drawn } from "../lab.ts";
import { lessonOf, type Path } from "../lesson.ts";

type IsSame = (left: string, right: string) => Promise<boolean>;

/** The paths with the answer of more than half of `samples`; none without such an answer. */
export const majorityOf = async (
  paths: readonly Path[],
  samples: number,
  isSame: IsSame,
): Promise<readonly Path[]> => {
  const [first] = paths;
  if (first === undefined || 2 * paths.length <= samples) return [];
  const agrees = await Promise.all(paths.map(({ answer }) => isSame(first.answer, answer)));
  const agreeing = paths.filter((_, index) => agrees[index]);
  if (2 * agreeing.length > samples) return agreeing;
  return majorityOf(
    paths.filter((path, index) => path !== first && !agrees[index]),
    samples,
    isSame,
  );
};

const keys = {
  /** Solutions of each problem and member [solutions]. */
  samples: z.int().min(1).max(128).default(32),
  /** Of the majority's solutions of a problem, those that are kept: the first ones drawn [solutions]. */
  keep: z.int().min(1).default(1),
};

export const agent = baselineOf({
  ...{ kind: "isolated", keys, trainOn: "own", needsPool: true },
  play: (lab) => {
    const { samples, keep: most } = lab.keys;
    return Promise.all(
      lab.problems().map(async ({ question }) => {
        const drawn = await Promise.all(
          lab.members.map((member) => lab.solve(member, question, { n: samples, id: "isolated" })),
        );
        const marked = async ({ paths, withheld }: Drawn) => {
          const isSame: IsSame = (left, right) => lab.isSame(question, left, right);
          const kept = (await majorityOf(paths, samples, isSame)).slice(0, most);
          return { paths: paths.map((path) => ({ ...path, kept: kept.includes(path) })), withheld };
        };
        return lessonOf("isolated", question, await Promise.all(drawn.map(marked)));
      }),
    );
  },
});
