/** `agora compare`: two or more runs beside one another. */
import { compareText } from "../../experiments/compare/compare-text.ts";
import { comparedFacts } from "../../experiments/compare/compared-runs.ts";
import { UsageError } from "../exit-codes.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { readRecorded } from "./recorded.ts";

interface CompareFlags extends OutputFlags {
  readonly runs: string;
}

export const compare = async (names: readonly string[], flags: CompareFlags): Promise<void> => {
  const runs = await Promise.all(names.map((name) => readRecorded(name, flags.runs)));
  const folders = runs.map(({ folder }) => folder);
  const twice = runs.find(({ folder }, index) => folders.indexOf(folder) !== index);
  if (twice !== undefined) throw new UsageError(`run ${twice.run} is given twice`, { fix: "name it once" });
  const [first, ...others] = runs;
  if (first === undefined || others.length === 0)
    throw new UsageError("one run has nothing to be compared with", { expected: "two or more runs" });
  const facts = comparedFacts([first, ...others]);
  new Output(flags).show(facts, () => compareText(facts));
};
