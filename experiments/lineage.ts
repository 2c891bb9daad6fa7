/** Which adapter version each model spoke with after each generation of training: a fold over the journal. */
import type { Message } from "../runtime/messages.ts";

export interface Lineage {
  /** Version in force by model. */
  readonly serving: Readonly<Record<string, number>>;
  /** Generation of each job under way. */
  readonly jobs: Readonly<Record<string, number>>;
  /** Versions by model after each generation that published something, oldest first; withdrawals included. */
  readonly generations: readonly {
    readonly generation: number;
    readonly versions: Readonly<Record<string, number>>;
  }[];
}

export const emptyLineage: Lineage = { serving: {}, jobs: {}, generations: [] };

const recorded = (lineage: Lineage, generation: number, versions: Lineage["serving"]): Lineage => ({
  ...lineage,
  serving: versions,
  generations: [
    ...lineage.generations.filter((entry) => entry.generation !== generation),
    { generation, versions },
  ],
});

export const foldLineage = (lineage: Lineage, message: Message): Lineage => {
  switch (message.type) {
    case "training.requested":
      return { ...lineage, jobs: { ...lineage.jobs, [message.job]: message.generation } };
    case "adapter.published": {
      const versions = { ...lineage.serving, [message.model]: message.version };
      return recorded(lineage, lineage.jobs[message.job] ?? 0, versions);
    }
    case "adapter.withdrawn": {
      const versions = { ...lineage.serving, [message.model]: message.restored };
      const last = lineage.generations.at(-1);
      return recorded(lineage, last?.generation ?? 0, versions);
    }
    default:
      return lineage;
  }
};
