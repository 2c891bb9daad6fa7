/** The look of a curve. Colour, dash and marker together identify it, so colour alone is never needed. */
export const markers = ["circle", "square", "diamond", "triangle", "cross", "ring"] as const;
export type Marker = (typeof markers)[number];

export interface Look {
  /** Colour token of the style sheet. */
  readonly token: string;
  readonly dash: readonly number[];
  readonly marker: Marker;
}

const tokens = 8;
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 3]];

/** Forty indices give forty different looks. */
export const lookOf = (index: number): Look => ({
  token: `--series-${(index % tokens) + 1}`,
  dash: dashes[(index + Math.floor(index / tokens)) % dashes.length] ?? [],
  marker: markers[(index + Math.floor(index / tokens)) % markers.length] ?? "circle",
});
