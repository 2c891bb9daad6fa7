/** What a message asks of a model: its work, by role. */
import type { Exemplar, Message, MessageOf } from "../runtime/messages.ts";
import type { Pose, Work } from "./work.ts";

export type Remark = MessageOf<"remark.made">;

/** What a model has to remember of earlier messages for its work. */
export interface Memory {
  readonly exemplars: readonly Exemplar[];
  /** What was remarked on each open question and its solutions. */
  readonly remarks: Readonly<Record<string, readonly Remark[]>>;
}

/** d_t is real, steps are whole, one at least: a share of the batch equal to the fraction is one step harder. */
export const poseWork = (opened: MessageOf<"round.opened">): Work[] => {
  const difficulty = Math.max(1, opened.difficulty);
  const easy = Math.floor(difficulty);
  const harder = Math.round((difficulty - easy) * opened.count);
  const work = (difficulty: number, count: number): Pose => ({
    kind: "pose",
    id: `q${opened.round}-${opened.attempt}-${difficulty}`,
    round: opened.round,
    difficulty,
    count,
  });
  return [work(easy, opened.count - harder), work(easy + 1, harder)].filter(({ count }) => count > 0);
};

export const checkId = (solution: string): string => `verify:${solution}`;

/** The work that a message asks of this model, if any. */
export const workFor = ({ exemplars, remarks }: Memory, event: Message): Work[] => {
  switch (event.type) {
    case "round.opened":
      return poseWork(event);
    case "question.posed": {
      const { question, text, group } = event;
      return [{ kind: "solve", id: `solve:${question}`, question, text, group, exemplars }];
    }
    case "solution.offered": {
      const { question, text, group, offered } = event;
      return [{ kind: "verify", id: checkId(offered.solution), question, text, group, solution: offered }];
    }
    case "ballot.opened": {
      const solutions = Object.fromEntries(event.solutions.map(({ solution, text }) => [solution, text]));
      const { question, text } = event;
      return event.pairs.map((pair) => ({
        kind: "vote",
        id: `vote:${pair.pair}`,
        question,
        text,
        pair,
        solutions,
      }));
    }
    case "winner.elected": {
      const { question, text, winner } = event;
      const about = (remarks[question] ?? []).filter(
        ({ solution = winner.solution }) => solution === winner.solution,
      );
      const said = about.map((remark) => remark.text);
      return [{ kind: "explain", id: `explain:${question}`, question, text, winner, remarks: said }];
    }
    default:
      return [];
  }
};
