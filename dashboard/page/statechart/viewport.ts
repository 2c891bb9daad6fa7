/** Which part of an enlarged chart is shown: a point of the chart is at `scale` times itself plus the offset. */

export interface Viewport {
  /** [px of the frame] */
  readonly x: number;
  readonly y: number;
  /** Texts of a chart have 12 px or more at scale 1. */
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const minimumScale = 0.15;
const maximumScale = 5;
/** A chart is not enlarged beyond this without being asked to. */
const maximumFit = 1.5;
/** Space around a fitted chart, and what of a chart stays in the frame when it is moved [px]. */
const margin = 24;
const kept = 60;

const between = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));

/** Keeps a part of the chart in the frame. */
export const clamped = ({ x, y, scale }: Viewport, chart: Size, frame: Size): Viewport => ({
  scale,
  x: between(kept - chart.width * scale, x, frame.width - kept),
  y: between(kept - chart.height * scale, y, frame.height - kept),
});

const centred = (scale: number, { x, y }: Point, frame: Size): Viewport => ({
  scale,
  x: frame.width / 2 - x * scale,
  y: frame.height / 2 - y * scale,
});

const fitScale = (chart: Size, frame: Size): number =>
  Math.min((frame.width - 2 * margin) / chart.width, (frame.height - 2 * margin) / chart.height);

/** The whole chart, whatever the size of its texts. */
export const fitted = (chart: Size, frame: Size): Viewport => {
  const scale = between(minimumScale, fitScale(chart, frame), maximumFit);
  return centred(scale, { x: chart.width / 2, y: chart.height / 2 }, frame);
};

/** One axis: in the middle if the chart fits, else as near to the point as the chart's edges allow. */
const along = (length: number, room: number, at: number): number =>
  length + 2 * margin <= room ? (room - length) / 2 : between(room - length - margin, room / 2 - at, margin);

/**
 * The chart as large as its texts need to be read: the whole chart if it fits at that size, else the part around a
 * point.
 */
export const readable = (chart: Size, frame: Size, around: Point): Viewport => {
  const scale = between(1, fitScale(chart, frame), maximumFit);
  return {
    scale,
    x: along(chart.width * scale, frame.width, around.x * scale),
    y: along(chart.height * scale, frame.height, around.y * scale),
  };
};

/** Zooms by a factor; the point of the frame keeps what it shows. */
export const zoomed = ({ x, y, scale }: Viewport, factor: number, at: Point): Viewport => {
  const to = between(minimumScale, scale * factor, maximumScale);
  const ratio = to / scale;
  return { scale: to, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio };
};

export const moved = ({ x, y, scale }: Viewport, by: Point): Viewport => ({
  scale,
  x: x + by.x,
  y: y + by.y,
});

/** Moves as little as needed to show a box of the chart. */
export const showing = (viewport: Viewport, { x, y, width, height }: Point & Size, frame: Size): Viewport => {
  const { scale } = viewport;
  const shift = (from: number, length: number, room: number): number => {
    if (from < margin) return margin - from;
    return Math.min(0, room - margin - from - length);
  };
  return moved(viewport, {
    x: shift(viewport.x + x * scale, width * scale, frame.width),
    y: shift(viewport.y + y * scale, height * scale, frame.height),
  });
};
