/** The exit codes of the program, for scripts. */
import { AgoraError, type AgoraErrorOptions } from "../runtime/agora-error.ts";

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unready: 3,
  stuck: 4,
  untrained: 5,
  unmeasured: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: the message says why
  2    the command line or the configuration is wrong
  3    something a run needs is missing (doctor, and before a run)
  4    the run ended early: too few models answer, or all questions are void
  5    the run ended, but training failed for every member
  6    the run ended, but no member could be measured
  130  interrupted`;

/** The user has ended a command that was waiting. */
export class InterruptedError extends AgoraError<"AGORA_INTERRUPTED"> {
  constructor() {
    super("AGORA_INTERRUPTED", "stopped while waiting", {});
  }
}

/** By the code of the error. */
const codes: Readonly<Record<string, ExitCode>> = {
  AGORA_CONFIG: EXIT.usage,
  AGORA_OPTIONS: EXIT.usage,
  AGORA_USAGE: EXIT.usage,
  AGORA_ACT_VALUE: EXIT.usage,
  AGORA_BUS_ADDRESS: EXIT.usage,
  AGORA_PREFLIGHT: EXIT.unready,
  AGORA_STUCK: EXIT.stuck,
  AGORA_INTERRUPTED: EXIT.interrupted,
};

/** A command line that cannot be carried out. */
export class UsageError extends AgoraError<"AGORA_USAGE"> {
  constructor(problem: string, options: AgoraErrorOptions = {}) {
    super("AGORA_USAGE", problem, options);
  }
}

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "");

/** The exit code of an error, or of the error that caused it. */
export const exitCodeOf = (error: unknown): ExitCode => {
  if (!(error instanceof Error)) return EXIT.failed;
  const code = codeOf(error);
  if (code.startsWith("commander.")) return Reflect.get(error, "exitCode") === 0 ? EXIT.done : EXIT.usage;
  return codes[code] ?? exitCodeOf(error.cause);
};
