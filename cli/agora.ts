#!/usr/bin/env node
/** The entry of the command line. program.ts declares the commands, commands/ implements them. */
import { exitCodeOf } from "./exit-codes.ts";
import { growHeapSlowly } from "./heap.ts";
import { programOf } from "./program.ts";

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Commander prints its own errors; `--help` and `--version` also end as errors. */
const isCommanders = (error: unknown): boolean =>
  error instanceof Error &&
  "exitCode" in error &&
  String(Reflect.get(error, "code")).startsWith("commander.");

growHeapSlowly();

/** A closed reader (`| head`) or terminal must not end a run. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  await programOf().parseAsync();
} catch (error) {
  if (!isCommanders(error)) process.stderr.write(`agora: ${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
