/** The adapter version of each model after each update and each withdrawal: a fold over the journal. */
import { baseWeights, foldWeights, servedName, type Weights } from "../machines/folds/weights.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";

/** The versions in force after one change. A later withdrawal does not change the point of a generation. */
export interface Point {
  /** The newest generation that had published something; 0 is the base weights. */
  readonly generation: number;
  readonly versions: Weights;
  /** The version, as `model@v1`, whose withdrawal made this point; undefined where a generation did. */
  readonly withdrawn?: string;
}

export interface Lineage {
  /** Generation of each requested job. */
  readonly jobs: Readonly<Record<string, number>>;
  /** Oldest first; the base weights are the first point, the weights in force the last. */
  readonly points: readonly [Point, ...Point[]];
}

export const emptyLineage: Lineage = { jobs: {}, points: [{ generation: 0, versions: baseWeights }] };

export const newestPoint = ({ points }: Lineage): Point => points.at(-1) ?? points[0];

/** Number of generations that published something. */
export const updatesIn = ({ points }: Lineage): number =>
  new Set(points.slice(1).map(({ generation }) => generation)).size;

/** Jobs of one generation publish one after another and make one point. */
const withPublished = (lineage: Lineage, event: MessageOf<"adapter.published">): Lineage => {
  const [first, ...later] = lineage.points;
  const last = newestPoint(lineage);
  const generation = lineage.jobs[event.job] ?? last.generation;
  const versions = foldWeights(last.versions, event);
  const isGathering = later.length > 0 && last.generation === generation && last.withdrawn === undefined;
  const before = isGathering ? later.slice(0, -1) : later;
  return { ...lineage, points: [first, ...before, { generation, versions }] };
};

const withWithdrawn = (lineage: Lineage, event: MessageOf<"adapter.withdrawn">): Lineage => {
  const { generation, versions } = newestPoint(lineage);
  const withdrawn = servedName(event.model, event.version);
  const point = { generation, versions: foldWeights(versions, event), withdrawn };
  return { ...lineage, points: [...lineage.points, point] };
};

export const foldLineage = (lineage: Lineage, message: Message): Lineage => {
  switch (message.type) {
    case "training.requested":
      return { ...lineage, jobs: { ...lineage.jobs, [message.job]: message.generation } };
    case "adapter.published":
      return withPublished(lineage, message);
    case "adapter.withdrawn":
      return withWithdrawn(lineage, message);
    default:
      return lineage;
  }
};
