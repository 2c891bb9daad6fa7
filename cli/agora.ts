#!/usr/bin/env node
/** The command line: the commands are in program.ts, what each does in commands/. */
import { exitCodeOf } from "./exit-codes.ts";
import { programOf } from "./program.ts";

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** commander has printed its own errors, and `--help` and `--version` end as errors too. */
const isCommanders = (error: unknown): boolean =>
  error instanceof Error &&
  "exitCode" in error &&
  String(Reflect.get(error, "code")).startsWith("commander.");

/** A reader that ends (`| head`) or a terminal that closes does not end a run. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  await programOf().parseAsync();
} catch (error) {
  if (!isCommanders(error)) process.stderr.write(`agora: ${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
