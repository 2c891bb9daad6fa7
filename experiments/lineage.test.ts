import { describe, expect, it } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Draft } from "../runtime/messages.ts";
import { emptyLineage, foldLineage } from "./lineage.ts";

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
  it("gathers the versions that one generation published", () => {
    const { generations, serving } = lineage(
      requested("a", 1, 1),
      requested("b", 1, 1),
      published("a", 1),
      published("b", 1),
      requested("a", 2, 2),
      published("a", 2),
    );
    expect(generations).toEqual([
      { generation: 1, versions: { a: 1, b: 1 } },
      { generation: 2, versions: { a: 2, b: 1 } },
    ]);
    expect(serving).toEqual({ a: 2, b: 1 });
  });

  it("takes a withdrawn version out of the generation that published it", () => {
    const withdrawn: Draft = {
      type: "adapter.withdrawn",
      ...{ model: "a", version: 1, restored: 0, cause: "worse" },
    };
    const { generations, serving } = lineage(requested("a", 1, 1), published("a", 1), withdrawn);
    expect(generations).toEqual([{ generation: 1, versions: { a: 0 } }]);
    expect(serving).toEqual({ a: 0 });
  });
});
