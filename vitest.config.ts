import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

// The workers, and the programs that tests start, compile no library or source twice.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "agora-compile-cache");

export default defineConfig({
  test: {
    include: [
      "{actors,cli,machines,runtime,trainer,pocket,prompts,experiments,bench,examples,dashboard,docs,packaging}/**/*.test.ts",
      "*.test.ts",
    ],
    testTimeout: 30_000,
    maxWorkers: 2,
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
