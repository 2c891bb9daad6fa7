import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// The workers, and the programs that tests start, compile no library or source twice.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "agora-compile-cache");

/** Tests of whole programs, servers and browsers wait more than they compute. */
const waits =
  /\/(bench|cli|dashboard\/e2e|examples|experiments\/grading\/grader|packaging|runtime|trainer)\b/;
const inBrowser = /\/dashboard\/e2e\//;

/** Makes network interfaces, and then every browser drops its connections (ERR_NETWORK_CHANGED). */
const disturbs = /\/examples\/cluster\//;

const tests = [
  "{actors,cli,machines,runtime,trainer,pocket,prompts,experiments,bench,examples,dashboard,docs,packaging}/**/*.test.ts",
  "*.test.ts",
];

/** A page shows one run: its playback is state of modules, which begins anew for each of these files. */
const playsRuns = [
  "dashboard/page/shell/time-address.test.ts",
  "dashboard/page/state/{ended-run,playback}.test.ts",
];

type Kind = "browser" | "waiting" | "disturbing" | "computing";

const kindOf = ({ moduleId }: TestSpecification): Kind => {
  if (disturbs.test(moduleId)) return "disturbing";
  if (inBrowser.test(moduleId)) return "browser";
  return waits.test(moduleId) ? "waiting" : "computing";
};

/**
 * What waits begins first, so that the end of the suite is left to short tests that compute. Browsers take turns with
 * the rest: few compete at a time, and all are closed long before their connections are disturbed.
 */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const kinds = Object.groupBy(await super.sort(files), kindOf);
    const { browser = [], waiting = [], disturbing = [], computing = [] } = kinds;
    const woven = waiting.flatMap((file, index) => [...browser.slice(index, index + 1), file]);
    return [...woven, ...browser.slice(waiting.length), ...disturbing, ...computing];
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // Node loads the sources itself, and keeps them compiled. Vite's modules are compiled again in every worker.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: "runtime/one-address.setup.ts",
    // While some tests wait for programs and deadlines, others compute.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: WaitingFirst },
    // Most workers keep their modules for all their files: no file leaves a mock or a changed global behind.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: "most",
          include: tests,
          exclude: [...configDefaults.exclude, ...playsRuns],
          globalSetup: "trainer/warm-python.setup.ts",
        },
      },
      { extends: true, test: { name: "playback", include: playsRuns, isolate: true } },
    ],
    // Threads cost more than they give where models are this small and processors are shared.
    env: { OMP_NUM_THREADS: "1" },
    coverage: {
      include: [
        "{actors,cli,dashboard,experiments,machines,pocket,prompts,runtime,trainer}/**/*.ts",
        "index.ts",
      ],
      exclude: ["**/*.{test,fixture,conformance}.ts", "pocket/pretrain/**"],
      reporter: ["text-summary", "html", "json-summary"],
    },
  },
});
