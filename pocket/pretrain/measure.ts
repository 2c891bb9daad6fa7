import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PromptPack } from "../../prompts/pack.ts";
import { BEGIN, encode, VOCABULARY } from "../dialect/tokenizer.ts";
import { type Case, evaluationCases } from "./evaluation.ts";
import { runPython } from "./python.ts";

/** Share of true values among `count` scores. */
export interface Figure {
  readonly share: number;
  readonly count: number;
}
export type Figures = ReadonlyMap<string, Figure>;

/** Samples every evaluation case from a checkpoint and scores the texts. `scratch` is a folder for temporary files. */
export const measure = (checkpoint: string, pack: PromptPack, scratch: string): Figures => {
  const cases = evaluationCases(pack);
  const [casesFile, textsFile] = [join(scratch, "cases.json"), join(scratch, "texts.json")];
  const encoded = cases.map((one) => encodeCase(one, pack));
  writeFileSync(casesFile, JSON.stringify({ vocabulary: VOCABULARY, cases: encoded }));
  runPython([join(import.meta.dirname, "sample.py"), checkpoint, casesFile, textsFile]);
  const texts = JSON.parse(readFileSync(textsFile, "utf8")) as string[];
  return tally(cases.flatMap((one, index) => Object.entries(one.score(texts[index] ?? ""))));
};

const encodeCase = ({ prompt, text, temperature }: Case, pack: PromptPack): object => {
  const settings = prompt === "example" ? undefined : pack.settings[prompt];
  return {
    prompt: [BEGIN, ...encode(text)],
    maxTokens: settings?.maxTokens ?? 64,
    temperature,
    topP: settings?.topP ?? 0.95,
  };
};

/** Averages the scores by figure; a suffix after `#` distinguishes several scores of one figure. */
const tally = (scores: readonly (readonly [string, boolean])[]): Figures => {
  const counts = new Map<string, { right: number; count: number }>();
  for (const [name, right] of scores) {
    const figure = name.replace(/#.*/, "");
    const entry = counts.get(figure) ?? { right: 0, count: 0 };
    counts.set(figure, { right: entry.right + Number(right), count: entry.count + 1 });
  }
  const figures = [...counts].map(
    ([name, { right, count }]) => [name, { share: right / count, count }] as const,
  );
  return new Map(figures.sort(([one], [other]) => one.localeCompare(other)));
};
