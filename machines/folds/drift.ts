/**
 * The readings of the external anchor, and how far the internal pass rate V has risen beyond them.
 *
 * 1. A model's reading belongs to the weights in use: a published adapter comes with the reading of its gate.
 * 2. Drift is the rise of V minus the rise of the anchor's mean. Both are samples, so drift counts only if it exceeds
 *    `driftBound` by more than two standard errors.
 * 3. While a model uses weights without a reading, the drift is unknown and does not count.
 * 4. A model's baseline is the first reading of its untrained weights, whenever it is taken and whatever for: those are the
 *    weights that it came with, also late. The anchor's rise is that of the models with a baseline that play; others, and
 *    those who have left, do not count.
 */
import type { Accuracy, Message, MessageOf } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { mean } from "./difficulty.ts";
import { estimateOf } from "./share.ts";
import {
  type ByVersion,
  baseWeights,
  foldWeights,
  servedName,
  untrained,
  versionOf,
  type Weights,
  withoutVersion,
  withVersion,
} from "./weights.ts";

type Readings = Readonly<Record<string, Accuracy>>;

export interface Anchors {
  /** First readings of the untrained weights, by model. */
  readonly baselines: Readings;
  /** Newest readings of the weights in force, by model. */
  readonly current: Readings;
  readonly versions: ByVersion<Accuracy>;
  readonly weights: Weights;
}

export const noAnchors: Anchors = { baselines: {}, current: {}, versions: {}, weights: baseWeights };

const withReading = (anchors: Anchors, model: string, adapter: number, reading: Accuracy): Anchors => {
  const isInForce = versionOf(anchors.weights, model) === adapter;
  const isBaseline = adapter === untrained && !Object.hasOwn(anchors.baselines, model);
  return {
    ...anchors,
    baselines: isBaseline ? { ...anchors.baselines, [model]: reading } : anchors.baselines,
    current: isInForce ? { ...anchors.current, [model]: reading } : anchors.current,
    versions: withVersion(anchors.versions, model, adapter, reading),
  };
};

const withMeasured = (anchors: Anchors, event: MessageOf<"anchor.measured">): Anchors => {
  const { model, adapter, zeroShot, against } = event;
  const read = withReading(anchors, model, adapter, zeroShot);
  return against ? withReading(read, model, against.adapter, against.zeroShot) : read;
};

/** The weights' own newest reading, if there is one, becomes the current one. */
const withWeights = (anchors: Anchors, model: string, weights: Weights): Anchors => {
  const reading = anchors.versions[servedName(model, versionOf(weights, model))];
  return reading
    ? { ...anchors, weights, current: { ...anchors.current, [model]: reading } }
    : { ...anchors, weights };
};

export const foldAnchors = (anchors: Anchors, event: Message): Anchors => {
  switch (event.type) {
    case "anchor.measured":
      return withMeasured(anchors, event);
    case "adapter.published":
    case "adapter.withdrawn":
      return withWeights(anchors, event.model, foldWeights(anchors.weights, event));
    case "adapter.rejected":
    case "training.failed":
      return { ...anchors, versions: withoutVersion(anchors.versions, event.model, event.version) };
    default:
      return anchors;
  }
};

const rate = ({ correct, total }: Accuracy): number => correct / Math.max(1, total);
const variance = (share: number, cases: number): number => estimateOf(share, cases).variance;

/** Mean external accuracy of the models with their weights in use; undefined before the first reading. */
export const anchorOf = ({ current }: Anchors): number | undefined => meanRate(current);

const meanRate = (readings: Readings): number | undefined => {
  const rates = Object.values(readings).map(rate);
  return rates.length === 0 ? undefined : mean(rates);
};

const varianceOf = (readings: Readings): number => {
  const all = Object.values(readings);
  return mean(all.map((reading) => variance(rate(reading), reading.total))) / Math.max(1, all.length);
};

/** A pass rate, and the number of solutions it is based on. */
export interface Sampled {
  readonly passRate: number;
  readonly solutions: number;
}

/** Of a round, with those who played it. */
export interface Played extends Sampled {
  readonly members: readonly string[];
}

const standardErrors = 2;

/** Whether each of these models has a reading of its weights in use. An adapter published without a gate has none. */
const isUpToDate = ({ versions, weights }: Anchors, models: readonly string[]): boolean =>
  models.every((model) => versions[servedName(model, versionOf(weights, model))]);

const among = (readings: Readings, models: readonly string[]): Readings =>
  Object.fromEntries(Object.entries(readings).filter(([model]) => models.includes(model)));

/** Drift beyond the bound and its noise; 0 while a reading or the first round is missing. */
export const excessDrift = (
  anchors: Anchors,
  first: Sampled | undefined,
  now: Played,
  { driftBound, externalAnchor }: Settings,
): number => {
  const baselines = among(anchors.baselines, now.members);
  const models = Object.keys(baselines);
  const current = among(anchors.current, models);
  const [baseline, anchor] = [meanRate(baselines), meanRate(current)];
  if (!externalAnchor || baseline === undefined || anchor === undefined || first === undefined) return 0;
  if (!isUpToDate(anchors, models)) return 0;
  const drift = now.passRate - first.passRate - (anchor - baseline);
  const noise = Math.sqrt(
    variance(now.passRate, now.solutions) +
      variance(first.passRate, first.solutions) +
      varianceOf(current) +
      varianceOf(baselines),
  );
  return Math.max(0, drift - driftBound - standardErrors * noise);
};
