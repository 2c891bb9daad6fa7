/** How good a model is in the roles beside solving: the share of good replies by figure. */
import type { Tools } from "../actors/agent.ts";
import { askModel } from "../actors/roles/ask.ts";
import type { RoleCase } from "../runtime/task.ts";

/** @throws ModelError */
export const roleScores = async (
  asked: Tools,
  cases: readonly RoleCase[],
  adapter: number,
  signal: AbortSignal,
): Promise<Record<string, number>> => {
  const counts: Record<string, { good: number; all: number }> = {};
  await Promise.all(
    cases.map(async ({ role, figure, slots, isGood }, index) => {
      const id = `role:${figure}:${index}`;
      const { texts } = await askModel(asked, { prompt: role, slots, id, attempt: 0, adapter }, signal);
      const count = counts[figure] ?? { good: 0, all: 0 };
      counts[figure] = count;
      count.all += 1;
      if (isGood(texts[0] ?? "")) count.good += 1;
    }),
  );
  return Object.fromEntries(Object.entries(counts).map(([figure, { good, all }]) => [figure, good / all]));
};
