/** What a message asks of a model: its work, by role. */
import type { Exemplar, Message, MessageOf } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import type { Pose, Work } from "../work.ts";
import { isDrawn, type Lots } from "./arms.ts";

export type Remark = MessageOf<"remark.made">;

/** What a model has to know, and to remember of earlier messages, for its work. */
export interface Memory {
  readonly name: string;
  readonly settings: Levels & Lots;
  readonly exemplars: readonly Exemplar[];
  /** What was remarked on each open question and its solutions. */
  readonly remarks: Readonly<Record<string, readonly Remark[]>>;
}

/** Adds to a level's count: d is real, levels are whole, one at least; the fraction of d is the share one level up. */
const withLevels = (counts: ReadonlyMap<number, number>, d: number, count: number): Map<number, number> => {
  const difficulty = Math.max(1, d);
  const level = Math.floor(difficulty);
  const harder = Math.round((difficulty - level) * count);
  const added = new Map(counts);
  for (const [at, more] of [
    [level, count - harder],
    [level + 1, harder],
  ] as const)
    added.set(at, (added.get(at) ?? 0) + more);
  return added;
};

type Levels = Pick<Settings, "difficultySpread" | "difficultyMin">;

/** How many questions of each level a batch has: most around d_t, a share of it one level below and above. */
const levelsOf = (d: number, count: number, { difficultySpread, difficultyMin }: Levels) => {
  const aside = Math.floor((difficultySpread * count) / 2);
  const parts = [
    [d, count - 2 * aside],
    [Math.max(d - 1, Math.floor(difficultyMin)), aside],
    [d + 1, aside],
  ] as const;
  return parts.reduce<Map<number, number>>((counts, [at, some]) => withLevels(counts, at, some), new Map());
};

export const poseWork = (opened: MessageOf<"round.opened">, settings: Levels): Pose[] =>
  [...levelsOf(opened.difficulty, opened.count, settings)]
    .filter(([, count]) => count > 0)
    .toSorted(([left], [right]) => left - right)
    .map(([difficulty, count]) => ({
      kind: "pose",
      id: `q${opened.round}-${opened.attempt}-${difficulty}`,
      round: opened.round,
      difficulty,
      count,
    }));

export const checkId = (solutionId: string): string => `verify:${solutionId}`;

/** The work that a message asks of this model, if any. */
export const workFor = ({ name, exemplars: known, remarks, settings }: Memory, event: Message): Work[] => {
  switch (event.type) {
    case "round.opened":
      return poseWork(event, settings);
    case "question.posed": {
      const { question, text, group, examined } = event;
      const exemplars = isDrawn(name, question, settings) ? known : [];
      const asked = { question, text, group, exemplars, ...(examined === false ? { examined } : {}) };
      return [{ kind: "solve", id: `solve:${question}`, ...asked }];
    }
    case "solution.offered":
    case "verdict.requested": {
      const { question, text, group, offered } = event;
      return [{ kind: "verify", id: checkId(offered.solutionId), question, text, group, solution: offered }];
    }
    case "ballot.opened": {
      const solutions = Object.fromEntries(event.solutions.map(({ solutionId, text }) => [solutionId, text]));
      const { question, text, remarks } = event;
      const about = { question, text, pairs: event.pairs, solutions };
      const remarked = remarks === undefined ? {} : { remarks };
      return [{ kind: "vote", id: `vote:${question}`, ...about, ...remarked }];
    }
    case "winner.elected": {
      const { question, text, winner } = event;
      const about = (remarks[question] ?? []).filter(
        ({ solutionId = winner.solutionId }) => solutionId === winner.solutionId,
      );
      const said = about.map((remark) => remark.text);
      return [{ kind: "explain", id: `explain:${question}`, question, text, winner, remarks: said }];
    }
    default:
      return [];
  }
};
