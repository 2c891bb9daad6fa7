#!/usr/bin/env node
// The program `agora`: starts the sources in a checkout, and the built files in the published package.
import { existsSync } from "node:fs";
import module from "node:module";
import { requireNode } from "./node-version.js";

const source = new URL("../cli/agora.ts", import.meta.url);
const built = new URL("../dist/cli/agora.js", import.meta.url);

try {
  requireNode();
  // Keeps what is compiled, and what is left of TypeScript without its types, for the next start.
  module.enableCompileCache();
  await import(existsSync(source) ? source : built);
} catch (error) {
  if (error.code !== "AGORA_NODE_VERSION") throw error;
  process.stderr.write(`agora: ${error.message}\n`);
  process.exitCode = 1;
}
