import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { runFolder } from "../../cli/host/host.ts";
import { pocketPack } from "../../cli/host/scripted-society.ts";
import { ofType, play, readRecords, societyConfig } from "../../cli/host/society.fixture.ts";
import { loadPack } from "../../prompts/pack.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { TrainingOrder } from "../../runtime/training.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import { chatLine } from "../../trainer/worker-job.ts";
import { type ExportOptions, exportRun } from "./export.ts";
import { hashesOf, sha256 } from "./manifest.ts";

const optionsOf = (config: Config, more: Partial<ExportOptions> = {}): ExportOptions => {
  const pack = loadPack(pocketPack);
  const journal = JournalReader.openReadOnly(runFolder(config));
  onTestFinished(() => journal.close());
  return {
    ...{ journal, config, checkpoints: POCKET_FOLDER, merge: false },
    packOf: () => pack,
    output: join(runFolder(config), "export"),
    ...more,
  };
};

/**
 * A line that TRL takes as a conversational data set (https://huggingface.co/docs/trl/dataset_formats) and Axolotl as
 * `type: chat_template` with its default fields (https://docs.axolotl.ai/docs/dataset-formats/conversation.html): the key
 * `messages` alone, an optional system message first, then user and assistant in turns, the assistant last.
 */
const content = z.string().min(1);
const turn = (role: string) => z.strictObject({ role: z.literal(role), content });
const conversation = z.strictObject({
  messages: z
    .array(z.union([turn("system"), turn("user"), turn("assistant")]))
    .min(2)
    .refine((messages) => {
      const turns = messages[0]?.role === "system" ? messages.slice(1) : messages;
      const inTurns = turns.every(({ role }, index) => role === (index % 2 === 0 ? "user" : "assistant"));
      return inTurns && turns.length % 2 === 0;
    }, "user and assistant in turns, the assistant last"),
});

const linesOf = (file: string): unknown[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

interface Origin {
  readonly sample: string;
  readonly role: string;
  readonly versions: readonly number[];
}

interface ChatLine {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

describe("an export", () => {
  /** Two generations; the gate refuses cat's adapters, bee's trainings fail. */
  const played = async (): Promise<Config> => {
    const sick = ({ adapter, prompt }: ModelCall) =>
      adapter === undefined ? `ans ${prompt.includes("1+2?") ? 3 : 0}` : "ans 9";
    const config = societyConfig({
      ...{ bufferThreshold: 2, updates: 2, rounds: 20, jobAttempts: 1, contextShare: 0.5, gateLevel: 0.5 },
    });
    await play(config, { scripts: { cat: { solver: sick } } });
    return config;
  };

  test("holds the samples of every model in chat form, with their authors, and its adapters", async () => {
    const config = await played();
    const options = optionsOf(config);
    const manifest = await exportRun(options);
    const { output } = options;
    expect(JSON.parse(readFileSync(join(output, "manifest.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(manifest)),
    );
    expect(manifest).toMatchObject({ run: "test", pack: "pocket", seed: 3 });
    expect(manifest.models.map(({ name }) => name)).toEqual(["ant", "bee", "cat"]);
    const records = readRecords(config);
    for (const { name, samples, adapters, inForce } of manifest.models) {
      const lines = linesOf(join(output, samples.file)) as ChatLine[];
      const origins = linesOf(join(output, samples.provenance)) as Origin[];
      expect([lines.length, origins.length]).toEqual([samples.count, samples.count]);
      expect(sha256(readFileSync(join(output, samples.file)))).toBe(samples.sha256);
      for (const line of lines) {
        expect(conversation.safeParse(line).error?.issues).toBeUndefined();
        const { messages } = line;
        expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
        expect(messages[0]?.content).toMatch(/\?$/);
        expect(messages[1]?.content).toMatch(/ans \d$/);
      }
      const requested = ofType(records, "training.requested").filter(({ model }) => model === name);
      for (const { version, samples: taught } of requested) {
        const trainedOn = origins.filter(({ versions }) => versions.includes(version));
        expect(trainedOn.map(({ sample }) => sample).toSorted()).toEqual(taught.toSorted());
      }
      expect(adapters.map(({ version }) => version)).toEqual(requested.map(({ version }) => version));
      for (const { folder, files, version } of adapters) {
        expect(Object.keys(files)).toContain("adapter_model.safetensors");
        expect(hashesOf(join(output, folder ?? ""))).toEqual(files);
        const card = readFileSync(join(output, folder ?? "", "README.md"), "utf8");
        expect(card).toContain(`# ${name}, version ${version}`);
      }
      const published = ofType(records, "adapter.published").filter(({ model }) => model === name);
      expect(inForce).toBe(published.at(-1)?.version ?? 0);
    }
    const cats = manifest.models[2]?.adapters.map(({ state, cause }) => [state, cause]);
    expect(cats?.[0]).toEqual(["rejected", expect.stringContaining("zeroShot accuracy fell")]);
  });

  test("holds exactly what was trained on, texts of other roles included", async () => {
    const config = societyConfig({ bufferThreshold: 4, updates: 2, rounds: 20, rehearsalShare: 0.5 });
    const orders: TrainingOrder[] = [];
    const twin = new TwinTraining();
    await play(config, {
      scripts: { bee: { solver: () => "ans 0" } },
      training: {
        train: (order, signal, onStep) => {
          orders.push(order);
          return twin.train(order, signal, onStep);
        },
      },
    });
    const options = optionsOf(config);
    const { models } = await exportRun(options);
    const roles = new Set<string>();
    for (const { name, samples, adapters } of models) {
      const lines = readFileSync(join(options.output, samples.file), "utf8").split(/(?<=\n)/);
      const origins = linesOf(join(options.output, samples.provenance)) as Origin[];
      for (const { version, samples: solutions, rehearsed } of adapters) {
        const trained = orders.find(({ job }) => job === `${name}@v${version}`)?.samples.map(chatLine);
        const exported = lines.filter((_, index) => origins[index]?.versions.includes(version));
        expect(exported.toSorted()).toEqual(trained?.toSorted());
        expect([solutions, rehearsed]).toEqual([4, 4]);
      }
      for (const { role } of origins) roles.add(role);
    }
    expect(roles).toEqual(new Set(["solver", "verifier", "voter", "explainer"]));
  });

  test("does not overwrite, and leaves no folder after a failure", async () => {
    const config = await played();
    const options = optionsOf(config);
    await exportRun(options);
    const before = readFileSync(join(options.output, "manifest.json"), "utf8");
    await expect(exportRun(options)).rejects.toMatchObject({
      code: "export.exists",
      message: expect.stringMatching(/export already exists\. Fix: give another folder with --output/),
    });
    expect(readFileSync(join(options.output, "manifest.json"), "utf8")).toBe(before);
    rmSync(join(runFolder(config), "adapters", "ant@v1"), { recursive: true });
    const output = join(runFolder(config), "again");
    await expect(exportRun({ ...options, output })).rejects.toMatchObject({ code: "export.adapter" });
    expect(readdirSync(runFolder(config)).filter((name) => name.includes("again"))).toEqual([]);
  });

  test("of a run without training holds the waiting samples", async () => {
    const config = societyConfig({ lora: false });
    await play(config);
    const { models } = await exportRun(optionsOf(config));
    expect(models[0]).toMatchObject({ name: "ant", adapters: [], inForce: 0, merged: undefined });
    expect(models[0]?.samples.count).toBeGreaterThan(0);
  });
});
