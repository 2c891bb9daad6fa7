/** The benchmarks of the paper: where their problems come from, and how often each is asked. */
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { unknownBenchmark } from "./error.ts";
import { fetchOnce, type Hub, type HubFile } from "./hub.ts";

interface Benchmark {
  readonly hub: HubFile;
  /** Samples per problem; a set of thirty problems says little with one. */
  readonly samples: number;
}

const gsm8k = (path: string): HubFile => ({
  ...{ dataset: "openai/gsm8k", revision: "740312add88f781978c0658806c59bc2815b9866", path },
});

const benchmarks: Readonly<Record<string, Benchmark>> = {
  math500: {
    hub: {
      dataset: "HuggingFaceH4/MATH-500",
      revision: "6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
      path: "test.jsonl",
    },
    samples: 1,
  },
  gsm8k: { hub: gsm8k("main/test-00000-of-00001.parquet"), samples: 1 },
  "gpqa-diamond": {
    hub: {
      dataset: "Idavidrein/gpqa",
      revision: "633f5ee89ab8ad4522a9f850766b73f62147ffdd",
      path: "gpqa_diamond.csv",
    },
    samples: 1,
  },
  aime24: {
    hub: {
      dataset: "HuggingFaceH4/aime_2024",
      revision: "2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
      path: "data/train-00000-of-00001.parquet",
    },
    samples: 64,
  },
};

export const samplesOf = (name: string): number => benchmarks[name]?.samples ?? 1;

const endings = [".jsonl", ".parquet", ".csv"];

/** The benchmark's file in the folder; it is downloaded if there is none. @throws TaskError */
export const benchmarkFile = async (name: string, folder: string, hub: Hub): Promise<string> => {
  const known = benchmarks[name];
  if (known === undefined) throw unknownBenchmark(name, Object.keys(benchmarks));
  const present = endings.map((ending) => join(folder, `${name}${ending}`)).find((file) => existsSync(file));
  const file = present ?? join(folder, `${name}${extname(known.hub.path)}`);
  await fetchOnce(known.hub, file, hub);
  return file;
};
