/** The figures of a report, before they are drawn. */

/** One place of a curve; `low` and `high` bound its band. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Series {
  readonly name: string;
  /** Index of its colour and dash. */
  readonly look: number;
  readonly points: readonly Point[];
  /** Where a star is drawn, such as at a switch of strategy. */
  readonly stars?: readonly Point[];
}

export interface LinePanel {
  readonly kind: "lines";
  readonly title: string;
  /** `round`, `update`: whole numbers. */
  readonly xLabel: "round" | "update" | "tokens";
  readonly yLabel: string;
  readonly series: readonly Series[];
}

/** One row per arm: a dot per seed, and the mean with its standard deviation. */
export interface DotPanel {
  readonly kind: "dots";
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly {
    readonly name: string;
    readonly look: number;
    readonly values: readonly number[];
  }[];
}

export interface Figure {
  /** Also the name of its files. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly panels: readonly (LinePanel | DotPanel)[];
}

/** Whether there is anything to draw. */
export const isEmpty = ({ panels }: Figure): boolean =>
  panels.every((panel) =>
    panel.kind === "lines"
      ? panel.series.every(({ points }) => points.length === 0)
      : panel.rows.every(({ values }) => values.length === 0),
  );
