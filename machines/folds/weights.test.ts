import { expect, test } from "vitest";
import { said } from "../machines.fixture.ts";
import {
  type ByVersion,
  baseWeights,
  foldWeights,
  knownVersions,
  servedName,
  versionOf,
  withoutVersion,
  withVersion,
} from "./weights.ts";

const published = (model: string, version: number) =>
  said("adapter.published", { job: `${model}@v${version}`, model, version, folder: "" });
const withdrawn = said("adapter.withdrawn", { model: "ant", version: 2, restored: 1, cause: "worse" });
const after = (...records: Parameters<typeof foldWeights>[1][]) => records.reduce(foldWeights, baseWeights);

test("a model uses the version published last, and after a withdrawal the restored one", () => {
  const both = after(published("ant", 1), published("bee", 1), published("ant", 2));
  expect(both).toEqual({ ant: 2, bee: 1 });
  expect(foldWeights(both, withdrawn)).toEqual({ ant: 1, bee: 1 });
});

test("a model without a published adapter uses its base weights", () => {
  const ids = { job: "ant@v1", model: "ant", version: 1 };
  const rejected = said("adapter.rejected", { ...ids, before: 0.5, after: 0.1, cause: "worse" });
  expect(versionOf(after(rejected), "ant")).toBe(0);
});

test("of each model the newest versions are known, without those that are never published", () => {
  const all = Array.from({ length: 1_000 }, (_, version) => version);
  const known = all.reduce<ByVersion<number>>(
    (before, version) =>
      withoutVersion(
        withVersion(withVersion(before, "ant", version, version), "bee", version, version),
        "bee",
        version,
      ),
    { "ant@v1@v7": 7 },
  );
  const newest = all.slice(-knownVersions).map((version) => [servedName("ant", version), version]);
  expect(Object.entries(known)).toEqual([["ant@v1@v7", 7], ...newest]);
});
