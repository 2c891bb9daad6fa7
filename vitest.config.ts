import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// The workers, and the programs that tests start, compile no library or source twice.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "agora-compile-cache");

/** Tests of whole programs, servers and browsers wait more than they compute. */
const waits = /\/(bench|cli|dashboard\/e2e|examples|packaging|runtime|trainer)\//;

/** Makes network interfaces, and then every browser drops its connections (ERR_NETWORK_CHANGED). */
const disturbs = /\/examples\/cluster\//;

const rankOf = ({ moduleId }: TestSpecification): number => {
  if (disturbs.test(moduleId)) return 2;
  return waits.test(moduleId) ? 0 : 1;
};

/** What waits begins first, so that the end of the suite is left to short tests that compute. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    include: [
      "{actors,cli,machines,runtime,trainer,pocket,prompts,experiments,bench,examples,dashboard,docs,packaging}/**/*.test.ts",
      "*.test.ts",
    ],
    testTimeout: 30_000,
    globalSetup: "trainer/warm-python.setup.ts",
    // Node loads the sources itself, and keeps them compiled. Vite's modules are compiled again in every worker.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: "runtime/one-address.setup.ts",
    // While some tests wait for programs and deadlines, others compute.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: WaitingFirst },
    // A worker keeps its modules for all its files: no file leaves a mock or a changed global behind.
    isolate: false,
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
