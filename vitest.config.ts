import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "{actors,cli,machines,runtime,trainer,pocket,prompts,experiments,bench,examples,dashboard}/**/*.test.ts",
      "*.test.ts",
    ],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
