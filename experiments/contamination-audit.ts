/** Whether what was trained on overlaps with problems of the anchor or a benchmark. */
import type { Message } from "../runtime/messages.ts";
import type { Task } from "../runtime/task.ts";

export interface ContaminationAudit {
  /** Training samples. */
  readonly checked: number;
  readonly contaminated: readonly { readonly sample: string; readonly flaw: string }[];
}

/** The question of each solution, by the solution's id. */
const questionsOf = (records: readonly Message[]): ReadonlyMap<string, string> =>
  new Map(
    records.flatMap((record) => {
      if (record.type !== "question.settled") return [];
      const { text: question, solutions } = record.dossier;
      return solutions.map(({ solutionId }): [string, string] => [solutionId, question]);
    }),
  );

/** Every sample that a training job requested, once. */
export const contaminationIn = (
  records: readonly Message[],
  task: Pick<Task, "contamination">,
): ContaminationAudit => {
  const questions = questionsOf(records);
  const samples = new Set(
    records.flatMap((record) => (record.type === "training.requested" ? record.samples : [])),
  );
  const contaminated = [...samples].flatMap((sample) => {
    const question = questions.get(sample);
    const flaw = question === undefined ? undefined : task.contamination(question);
    return flaw === undefined ? [] : [{ sample, flaw }];
  });
  return { checked: samples.size, contaminated };
};
