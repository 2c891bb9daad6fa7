/** All figures of a run's growth, in the order of the page. */
import type { GrowthView } from "../../view.ts";
import type { Figure } from "./figure.ts";
import * as figures from "./figures.ts";

/** What a figure needs of the run's configuration. */
export interface FigureSettings {
  readonly surpriseThreshold?: number | undefined;
  readonly difficultyMin?: number | undefined;
  readonly difficultyMax?: number | undefined;
}

const numberIn = (config: Readonly<Record<string, unknown>>, key: string): number | undefined => {
  const value = config[key];
  return typeof value === "number" ? value : undefined;
};

export const figureSettings = (config: Readonly<Record<string, unknown>> = {}): FigureSettings => ({
  surpriseThreshold: numberIn(config, "surpriseThreshold"),
  difficultyMin: numberIn(config, "difficultyMin"),
  difficultyMax: numberIn(config, "difficultyMax"),
});

export const figuresOf = (growth: GrowthView, settings: FigureSettings): readonly Figure[] => [
  figures.passRateFigure(growth, settings),
  figures.verifiedFigure(growth),
  figures.ratingFigure(growth),
  figures.anchorFigure(growth),
  figures.yieldFigure(growth),
  figures.fillingFigure(growth),
  figures.precisionFigure(growth),
  figures.surpriseFigure(growth, settings.surpriseThreshold),
  figures.lengthFigure(growth),
];
