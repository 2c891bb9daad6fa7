import { expect, test } from "vitest";
import type { Scene, Speech } from "../../view.ts";
import { stepPath } from "./accuracy-chart.ts";
import { numbersShown } from "./accuracy-view.ts";
import { lastStep, stepOf } from "./pacing.ts";

const speech = (text?: string): Speech => ({
  ...{ author: "ant", adapter: 0, agreed: 0, asked: 1, check: "waiting", isWinner: false },
  ...(text === undefined ? {} : { text }),
});
const scene = (stage: Scene["stage"], ...speeches: Speech[]): Scene => ({
  ...{ question: "q", round: 0, author: "ant", adapter: 0, text: "1+1", stage, speeches, votes: 0 },
});

test("the steps of a question: asked, solved, checked, voted on, kept", () => {
  const reached = [
    scene("solving", speech()),
    scene("solving", speech("2")),
    scene("checking", speech("2")),
    scene("voting", speech("2")),
    scene("settled", speech("2")),
  ].map(stepOf);
  expect(reached).toEqual([0, 1, 2, 3, lastStep]);
});

test("the large line has the first number and the newest ones", () => {
  const mean = [0.5, 0.6, 0.7, 0.8, 0.9].map((accuracy, generation) => ({ at: 0, generation, accuracy }));
  expect(numbersShown(mean.slice(0, 4))).toHaveLength(4);
  expect(numbersShown(mean)).toEqual([mean[0], "…", mean[3], mean[4]]);
  expect(numbersShown([])).toEqual([]);
});

test("an accuracy is drawn as steps that last until the shown time", () => {
  const scale = { x: (at: number) => at, y: (accuracy: number) => 100 * accuracy };
  const points = [
    { at: 10, adapter: 0, accuracy: 0.4 },
    { at: 20, adapter: 1, accuracy: 0.9 },
  ];
  expect(stepPath({ points }, scale, 50)).toBe("M10.0 40.0H20.0V90.0H50.0");
  expect(stepPath({ points: [] }, scale, 50)).toBe("");
});
