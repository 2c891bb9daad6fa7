import { describe, expect, test } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Draft } from "../runtime/messages.ts";
import { emptyLineage, foldLineage, updatesIn } from "./lineage.ts";

const requested = (model: string, version: number, generation: number): Draft => ({
  type: "training.requested",
  job: `${model}@v${version}`,
  ...{ model, generation, version },
  previous: version - 1,
  samples: [],
});

const published = (model: string, version: number): Draft => ({
  type: "adapter.published",
  job: `${model}@v${version}`,
  ...{ model, version },
  folder: "f",
  before: 0,
  after: 0,
});

const lineage = (...drafts: Draft[]) =>
  drafts.map((draft) => sealed(draft)).reduce(foldLineage, emptyLineage);

describe("lineage", () => {
  test("gathers the versions that one generation published", () => {
    const found = lineage(
      requested("a", 1, 1),
      requested("b", 1, 1),
      published("a", 1),
      published("b", 1),
      requested("a", 2, 2),
      published("a", 2),
    );
    expect(found.points).toEqual([
      { generation: 0, versions: {} },
      { generation: 1, versions: { a: 1, b: 1 } },
      { generation: 2, versions: { a: 2, b: 1 } },
    ]);
    expect(updatesIn(found)).toBe(2);
  });

  describe("a withdrawal", () => {
    const withdrawn: Draft = {
      type: "adapter.withdrawn",
      ...{ model: "a", version: 1, restored: 0, cause: "worse" },
    };
    const first = [requested("a", 1, 1), requested("b", 1, 1), published("a", 1)];
    const after = { generation: 1, versions: { a: 0, b: 1 }, withdrawn: "a@v1" };

    test("is a separate later point, and does not change the point of its generation", () => {
      const found = lineage(...first, published("b", 1), withdrawn);
      expect(found.points.slice(1)).toEqual([{ generation: 1, versions: { a: 1, b: 1 } }, after]);
      expect(updatesIn(found)).toBe(1);
    });

    test("separates what its generation published before and after it", () => {
      const found = lineage(...first, withdrawn, published("b", 1), requested("a", 2, 2), published("a", 2));
      expect(found.points.slice(1)).toEqual([
        { generation: 1, versions: { a: 1 } },
        { generation: 1, versions: { a: 0 }, withdrawn: "a@v1" },
        { generation: 1, versions: { a: 0, b: 1 } },
        { generation: 2, versions: { a: 2, b: 1 } },
      ]);
      expect(updatesIn(found)).toBe(2);
    });
  });
});
