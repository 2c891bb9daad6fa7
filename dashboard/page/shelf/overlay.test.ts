/** Figures of several runs. */
import { expect, test } from "vitest";
import type { GrowthView, RoundPoint } from "../../view.ts";
import { firstMeasure, meanOfModels, measuresIn, overlay } from "./overlay.ts";

const growth = (rates: readonly number[]): GrowthView => ({
  ...{
    models: ["ant", "bee"],
    anchors: [],
    switches: [],
    ratings: [],
    fillings: [],
    verdicts: [],
    tokens: [],
  },
  rounds: rates.map(
    (passRate, round) =>
      ({
        ...{ round, at: round, passRate, target: 0.5, difficulty: 2 + round, surprise: 0 },
        accuracy: { ant: passRate, bee: 0 },
      }) as unknown as RoundPoint,
  ),
});

test("a group of seeds is drawn by its mean, with a band from the lowest to the highest", () => {
  const figure = overlay(
    [
      { label: "full", growths: [growth([0.2, 0.4, 0.9]), growth([0.4, 0.8])] },
      { label: "silent", growths: [growth([0.1])] },
    ],
    { figure: "Verified share, target and accuracy; difficulty", curve: "verified share V" },
  );
  expect(figure?.x.values).toEqual([0, 1, 2]);
  const [full, silent] = figure?.curves ?? [];
  expect(full?.values.map((value) => value?.toFixed(2))).toEqual(["0.30", "0.60", "0.90"]);
  expect([full?.low, full?.high]).toEqual([
    [0.2, 0.4, 0.9],
    [0.4, 0.8, 0.9],
  ]);
  expect(silent).toMatchObject({ values: [0.1, null, null] });
  expect(silent?.low).toBeUndefined();
  expect(full?.look).not.toEqual(silent?.look);
});

test("curves of models can be drawn one by one or as their mean, each on its own axis", () => {
  const all = [growth([0.2])];
  const measures = measuresIn(all);
  const perModel = measures.filter(({ curve }) => curve === "ant" || curve === meanOfModels);
  expect(perModel.length).toBeGreaterThanOrEqual(4);
  const { figure = "" } = measures.find(({ curve }) => curve === meanOfModels) ?? {};
  expect(overlay([{ label: "x", growths: all }], { figure, curve: meanOfModels })?.curves[0]?.values).toEqual(
    [0.1],
  );
  const difficulty = measures.find(({ curve }) => curve === "difficulty");
  if (difficulty === undefined) throw new Error("difficulty is no measure");
  const axis = overlay([{ label: "x", growths: all }], difficulty)?.left;
  expect([axis?.label, axis?.range]).toEqual(["difficulty d", undefined]);
});

test("the accuracy is drawn first if it was measured, and a figure is named after its curve unless several have it", () => {
  const all = [growth([0.2])];
  const measures = measuresIn(all);
  expect(firstMeasure(measures, all)).toBe(measures[0]);
  const anchors = [{ round: 0, model: "ant", adapter: 0, zeroShot: 0.5, inForce: true }];
  const measured = [{ ...growth([0.2]), anchors }] as unknown as GrowthView[];
  expect(firstMeasure(measures, measured)?.curve).toBe("accuracy (anchor)");
  expect(firstMeasure([], measured)).toBeUndefined();
  const titles = ["difficulty", meanOfModels].map((curve) => {
    const measure = measures.find((one) => one.curve === curve);
    return measure && overlay([{ label: "x", growths: all }], measure)?.title;
  });
  expect(titles).toEqual(["difficulty", expect.stringMatching(/^.+: mean of the models$/)]);
});

test("a measure that no run has gives no figure", () => {
  expect(
    overlay([{ label: "x", growths: [growth([1])] }], { figure: "none", curve: "none" }),
  ).toBeUndefined();
});
