/** `agora export`: what a run has learned from and what it has made of it, for other tools. */
import { join } from "node:path";
import { Command } from "commander";
import { exportRun } from "../../experiments/export/export.ts";
import type { ExportedModel } from "../../experiments/export/manifest.ts";
import { loadPack } from "../../prompts/pack.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { runFolder } from "../host/host.ts";
import { packFolder, packsOf } from "../host/parts.ts";

interface ExportFlags {
  readonly runs: string;
  readonly output?: string;
  readonly merge?: boolean;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** An export calls no endpoint: it needs none of the keys that the run needed. */
const keyless = (stored: Partial<Config>): Record<string, string> =>
  Object.fromEntries(
    (stored.models ?? []).flatMap(({ apiKeyEnv }) => (apiKeyEnv ? [[apiKeyEnv, "unused"]] : [])),
  );

const describe = ({ name, samples, adapters, inForce, merged }: ExportedModel): string => {
  const made = adapters.filter(({ folder }) => folder !== undefined).length;
  const speaks = inForce === 0 ? "speaks with its base model" : `speaks with v${inForce}`;
  const whole = merged === undefined ? "" : ", merged";
  return `${name}: ${samples.count} samples, ${made} adapters, ${speaks}${whole}`;
};

export const exportCommand = new Command("export")
  .description("Write each model's samples (JSONL in chat form) and adapters, with a manifest.")
  .argument("<run>", "name of the run")
  .option("--runs <folder>", "folder of the runs' folders", "runs")
  .option("--output <folder>", "folder to write; default: export in the run's own")
  .option("--merge", "also write checkpoints with the adapters in force merged into their bases (Python)")
  .action(async (run: string, flags: ExportFlags) => {
    const folder = runFolder({ run, runsFolder: flags.runs });
    const journal = JournalReader.openReadOnly(folder);
    try {
      const stored = JSON.parse(journal.config);
      const config = loadConfig({
        overrides: { ...stored, run, runsFolder: flags.runs },
        env: keyless(stored),
      });
      const [pack, packs] = [loadPack(packFolder(config.pack)), packsOf(config.models)];
      const output = flags.output ?? join(folder, "export");
      const { models } = await exportRun({
        ...{ journal, config, output, checkpoints: POCKET_FOLDER, merge: flags.merge ?? false },
        packOf: (model) => packs.get(model) ?? pack,
        onProgress: print,
      });
      for (const model of models) print(describe(model));
      print(`Written to ${output}`);
    } finally {
      journal.close();
    }
  });
