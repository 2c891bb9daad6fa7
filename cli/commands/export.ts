/** `agora export`: writes the samples and adapters of a run for other tools. */
import { join } from "node:path";
import { exportRun } from "../../experiments/export/export.ts";
import type { ExportedModel } from "../../experiments/export/manifest.ts";
import { loadPack } from "../../prompts/pack.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { keyless } from "../host/keyless.ts";
import { packFolder, packsOf } from "../host/packs.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { knownRunFolder } from "./known-run.ts";

interface ExportFlags extends OutputFlags {
  readonly runs: string;
  readonly output?: string;
  readonly merge?: boolean;
}

const describe = ({ name, samples, adapters, inForce, merged }: ExportedModel): string => {
  const made = adapters.filter(({ folder }) => folder !== undefined).length;
  const used = inForce === 0 ? "uses its base model" : `uses v${inForce}`;
  const whole = merged === undefined ? "" : ", merged";
  return `${name}: ${samples.count} samples, ${made} adapters, ${used}${whole}`;
};

export const exportOf = async (run: string, flags: ExportFlags): Promise<void> => {
  const folder = knownRunFolder(run, flags.runs);
  const out = new Output(flags);
  const journal = JournalReader.openReadOnly(folder);
  try {
    const stored = JSON.parse(journal.config);
    const config = loadConfig({
      overrides: { ...stored, run, runsFolder: flags.runs },
      env: keyless(stored),
    });
    const [pack, packs] = [loadPack(packFolder(config.pack)), packsOf(config.models)];
    const output = flags.output ?? join(folder, "export");
    const manifest = await exportRun({
      ...{ journal, config, output, checkpoints: POCKET_FOLDER, merge: flags.merge ?? false },
      packOf: (model) => packs.get(model) ?? pack,
      onProgress: out.say,
    });
    out.show({ output, ...manifest }, () =>
      [...manifest.models.map(describe), `Written to ${output}`].join("\n"),
    );
  } finally {
    journal.close();
  }
};
