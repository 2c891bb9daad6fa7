/** What became of solutions, and which question a duplicate repeats. */
import { describe, expect, test } from "vitest";
import { said } from "../../machines/machines.fixture.ts";
import type { Fact } from "../record/facts.ts";
import { Provenance } from "./provenance.ts";

const settled = (question: string, text: string): Fact => {
  const solutions = ["ant", "bee"].map((author) => ({
    solutionId: `${question}/${author}`,
    author,
    adapter: 1,
  }));
  return { type: "question.settled", dossier: { question, text, solutions } } as unknown as Fact;
};

const requested = (job: string, samples: readonly string[]) => {
  const [model = "", version = "1"] = job.split("@v");
  return said("training.requested", {
    ...{ job, model, generation: 1, previous: Number(version) - 1, version: Number(version) },
    ...{ samples: [...samples], rehearsal: ["r1", "r2"] },
  });
};

const foldOf = (facts: readonly Fact[]): Provenance => {
  const provenance = new Provenance();
  for (const fact of facts) provenance.accept(fact);
  return provenance;
};

describe("provenance", () => {
  const facts: Fact[] = [
    settled("q1", "2+3?"),
    settled("q2", "3+3?"),
    requested("ant@v2", ["q1/ant", "q2/bee"]),
    requested("bee@v2", ["q1/ant"]),
    said("adapter.published", { job: "ant@v2", model: "ant", version: 2, folder: "f" }),
    said("adapter.rejected", {
      job: "bee@v2",
      model: "bee",
      version: 2,
      before: 1,
      after: 0,
      cause: "worse",
    }),
  ];

  test("leads from a solution to the jobs that trained on it, and back", () => {
    const provenance = foldOf(facts);
    expect(provenance.trainedBy("q1/ant")).toEqual([
      { job: "ant@v2", model: "ant", version: 2, outcome: "published" },
      { job: "bee@v2", model: "bee", version: 2, outcome: "rejected" },
    ]);
    expect(provenance.trainedBy("q1/bee")).toEqual([]);
    expect(provenance.samplesOf("ant@v2")).toEqual({
      ...{ job: "ant@v2", model: "ant", previous: 1, version: 2, rehearsed: 2 },
      samples: [
        { solution: "q1/ant", question: "q1", author: "ant", adapter: 1 },
        { solution: "q2/bee", question: "q2", author: "bee", adapter: 1 },
      ],
    });
    expect(provenance.samplesOf("ant@v9")).toBeUndefined();
  });

  test("knows that an adapter was withdrawn, and that a job has not ended", () => {
    const withdrawn = said("adapter.withdrawn", { model: "ant", version: 2, restored: 1, cause: "drift" });
    expect(foldOf([...facts, withdrawn]).trainedBy("q2/bee")).toMatchObject([{ outcome: "withdrawn" }]);
    expect(foldOf(facts.slice(0, 3)).trainedBy("q2/bee")[0]).not.toHaveProperty("outcome");
  });

  test("finds the question that a duplicate repeats, whatever its case and punctuation", () => {
    const provenance = foldOf([settled("q1", "What is 2+3?"), settled("q2", "what is 2+3")]);
    expect(provenance.firstWith("WHAT is 2+3 ?")).toBe("q1");
    expect(provenance.firstWith("What is 2-3?")).toBeUndefined();
  });
});
