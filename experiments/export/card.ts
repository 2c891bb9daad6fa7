/** The model card of an exported adapter: the README.md of its folder, with the front matter of the Hugging Face hub. */
import type { ExportedAdapter } from "./manifest.ts";

export interface CardFacts {
  readonly run: string;
  readonly task: string;
  /** Name of the member. */
  readonly model: string;
  /** Checkpoint that was trained: a folder or an id on the hub. */
  readonly base: string;
  readonly adapter: Omit<ExportedAdapter, "folder" | "files">;
  /** Settings of the training, by their configuration keys. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** A text for YAML and for a table: one line, quoted where it needs to be. */
const line = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const cell = (value: string | number): string => line(String(value)).replaceAll("|", "\\|");

const table = (rows: Readonly<Record<string, string | number>>): string =>
  [
    "| | |",
    "| --- | --- |",
    ...Object.entries(rows).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`),
  ].join("\n");

const percent = (share: number | undefined): string =>
  share === undefined ? "not measured" : `${(100 * share).toFixed(1)} %`;

const frontMatter = ({ base, task }: CardFacts): string =>
  [
    "---",
    `base_model: ${JSON.stringify(base)}`,
    "library_name: peft",
    "pipeline_tag: text-generation",
    `tags: [lora, agora, ${JSON.stringify(task)}]`,
    "---",
  ].join("\n");

const fates: Readonly<Record<ExportedAdapter["state"], string>> = {
  published: "It was published: the gate measured it, and the member used it.",
  withdrawn: "It was published, and withdrawn later.",
  rejected: "It was rejected: the gate measured it, and the member did not use it.",
  failed: "Its training failed.",
  unfinished: "Its training had not ended when the run was exported.",
};

export const cardOf = (facts: CardFacts): string => {
  const { run, model, base, adapter, settings } = facts;
  const { version, generation, previous, samples, rehearsed, state, cause, loss, before, after } = adapter;
  const start = previous === 0 ? "the base model" : `version ${previous}`;
  const because = cause === undefined ? "" : ` Cause: ${line(cause)}.`;
  const origin = {
    Base: base,
    "Continued from": start,
    Generation: generation,
    Samples: `${samples} solutions that all of the group accepted and rated above its mean, and ${rehearsed} rehearsed texts`,
    "Last loss [nats per token]": loss === undefined ? "unknown" : loss.toFixed(4),
    "Anchor accuracy before": percent(before),
    "Anchor accuracy after": percent(after),
  };
  return `${[
    frontMatter(facts),
    `# ${model}, version ${version}`,
    `A LoRA adapter of the member ${model} in the run ${run} of Agora, a society of language models that pose each other problems, solve them, verify and rate the solutions, and train on those that the group found good (AGORA, arXiv 2507.21166).`,
    `${fates[state]}${because}`,
    "## Training",
    table(origin),
    table(settings),
    "The samples and their authors are in `samples.jsonl` and `provenance.jsonl` of the export. No sample equals a benchmark's problem or copies thirteen consecutive words of one, as far as benchmarks were configured.",
    "## Use",
    `\`\`\`python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained(${JSON.stringify(base)})
model = PeftModel.from_pretrained(base, ".")
\`\`\``,
    "The licence of the base model applies to what is derived from it.",
  ].join("\n\n")}\n`;
};
