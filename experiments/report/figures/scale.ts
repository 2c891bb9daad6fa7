/** Maps values to places on an axis. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** From a value to a share of the axis. */
  readonly share: (value: number) => number;
}

const ticksWanted = 5;

/** The step of about `count` round ticks: 1, 2 or 5 times a power of ten. */
const stepFor = (span: number, count: number): number => {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return multiple * power;
};

/**
 * A scale that covers the values, with its ends on ticks; a single value gets some room around it. `leastStep`: the smallest
 * step between two ticks, such as 1 for rounds.
 */
export const scaleOf = (values: readonly number[], leastStep = 0): Scale => {
  const finite = values.filter(Number.isFinite);
  const [least, most] = finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  const span = most - least || Math.abs(most) || 1;
  const step = Math.max(leastStep, stepFor(span, ticksWanted));
  const low = Math.floor(least / step + 1e-9) * step;
  const high = Math.max(low + step, Math.ceil(most / step - 1e-9) * step);
  const steps = Math.round((high - low) / step);
  return {
    ...{ low, high },
    ticks: Array.from({ length: steps + 1 }, (_, index) => Number((low + index * step).toPrecision(12))),
    share: (value) => (value - low) / (high - low),
  };
};

/** `0.5`, `12k`, `1.5M`. */
export const tickText = (value: number): string => {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (Math.abs(value) >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(6)));
};
