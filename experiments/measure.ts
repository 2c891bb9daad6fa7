/** Measures models on held-out benchmarks after a run: base weights, every published version, every set. */

import type { Tools } from "../actors/agent.ts";
import { accuracyOf } from "../actors/anchor.ts";
import { asModel } from "../actors/prompting.ts";
import { renderExamples } from "../actors/solver.ts";
import { emptyHistory, foldHistory, topExemplars } from "../machines/historian.ts";
import type { Exemplar, Message } from "../runtime/messages.ts";
import type { Problem } from "../runtime/task.ts";
import { emptyLineage, foldLineage, type Lineage } from "./lineage.ts";

/** Share of right answers at one sample per problem (pass@1), by model. */
export type Scores = Readonly<Record<string, number>>;

export interface Measures {
  readonly problems: number;
  /** Zero-shot in-domain pass@1 of the base weights and after each generation. */
  readonly curve: readonly { readonly generation: number; readonly scores: Scores }[];
  /** In-domain pass@1 with the final elite examples, base and final weights. */
  readonly eliteBefore: Scores;
  readonly eliteAfter: Scores;
  /** Zero-shot pass@1 on the other benchmarks, by name. */
  readonly others: Readonly<Record<string, { readonly before: Scores; readonly after: Scores }>>;
}

export interface MeasureOptions {
  readonly problems: number;
  readonly seed: number;
  /** In-domain only, for quick looks. */
  readonly brief?: boolean;
}

export const meanScore = (scores: Scores): number => {
  const values = Object.values(scores);
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
};

/** The group; all models where nobody has joined, as in a finished run that is only measured again. */
const learners = (tools: Tools): readonly string[] =>
  tools.group().length > 0 ? tools.group() : [...tools.models.keys()];

const score = async (
  tools: Tools,
  problems: readonly Problem[],
  versions: Lineage["serving"],
  exemplars: readonly Exemplar[] = [],
): Promise<Scores> => {
  const { signal } = new AbortController();
  const entries = await Promise.all(
    learners(tools).map(async (model) => {
      const examples = renderExamples(asModel(tools, model), exemplars);
      const asked = { model, adapter: versions[model] ?? 0, examples };
      const { correct, total } = await accuracyOf(tools, problems, asked, signal);
      return [model, correct / Math.max(1, total)] as const;
    }),
  );
  return Object.fromEntries(entries);
};

const curveOf = async (
  tools: Tools,
  problems: readonly Problem[],
  { generations }: Lineage,
): Promise<Measures["curve"]> => {
  const curve = [{ generation: 0, scores: await score(tools, problems, {}) }];
  for (const { generation, versions } of generations) {
    curve.push({ generation, scores: await score(tools, problems, versions) });
  }
  return curve;
};

export const measureRun = async (
  tools: Tools,
  records: readonly Message[],
  { problems: size, seed, brief = false }: MeasureOptions,
): Promise<Measures> => {
  const { task, config } = tools;
  const lineage = records.reduce(foldLineage, emptyLineage);
  const history = records.reduce(foldHistory, emptyHistory);
  const exemplars = topExemplars(history, config);
  const [inDomain = "", ...rest] = task.benchmarks;
  const problems = task.benchmark(inDomain, size, seed);
  const others: Record<string, { before: Scores; after: Scores }> = {};
  for (const name of brief ? [] : rest) {
    const asked = task.benchmark(name, Math.ceil(size / 2), seed);
    others[name] = {
      before: await score(tools, asked, {}),
      after: await score(tools, asked, lineage.serving),
    };
  }
  return {
    problems: problems.length,
    curve: await curveOf(tools, problems, lineage),
    eliteBefore: await score(tools, problems, {}, exemplars),
    eliteAfter: await score(tools, problems, lineage.serving, exemplars),
    others,
  };
};
