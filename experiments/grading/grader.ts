/**
 * Compares answers in a thread that can be ended.
 *
 * 1. The thread starts with the first comparison that needs it, and never keeps the process alive on its own.
 * 2. A comparison that takes too long, or exhausts the thread's memory, is undecided; the next one gets a new thread.
 * 3. A thread that does not start is an error: it says nothing about an answer.
 * 4. The same two answers get the same verdict: it is computed once.
 */
import { Worker } from "node:worker_threads";
import { AgoraError } from "../../runtime/agora-error.ts";
import { clean } from "./clean.ts";
import { isSameRatio, ratioOf } from "./number.ts";
import type { Verdict } from "./verdict.ts";
import type { Comparison } from "./worker.ts";

export interface GraderOptions {
  /** For one comparison [s]. */
  readonly timeoutSeconds?: number;
  /** The thread's program. */
  readonly script?: URL;
}

const worker = new URL("./worker.ts", import.meta.url);

/** Answers cannot be compared. */
export class GraderError extends AgoraError<"AGORA_GRADER"> {
  constructor(cause: unknown) {
    super("AGORA_GRADER", "the grader's thread does not start", {
      fix: "check that @cortex-js/compute-engine is installed, and that memory is left",
      cause,
    });
  }
}

/** Loading the compute engine is not part of a comparison [s]. */
const startSeconds = 60;

const memoryLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

/** Verdicts that are remembered. */
const mostVerdicts = 20_000;

/** Equal spellings and exact numbers need no thread. */
const quickVerdict = ({ gold, given }: Comparison): Verdict | undefined => {
  const [first, second] = [gold, given].map((answer) => clean(answer).replaceAll(/\s+/g, ""));
  if (!first || !second) return "different";
  if (first === second) return "equal";
  const [one, other] = [ratioOf(first), ratioOf(second)];
  return one && other && isSameRatio(one, other) ? "equal" : undefined;
};

export class Grader {
  readonly #timeoutSeconds: number;
  readonly #script: URL;
  readonly #verdicts = new Map<string, Promise<Verdict>>();
  #thread: Promise<Worker> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ timeoutSeconds = 5, script = worker }: GraderOptions = {}) {
    this.#timeoutSeconds = timeoutSeconds;
    this.#script = script;
  }

  /** What cannot be compared is undecided. @throws GraderError if the thread does not start */
  compare(gold: string, given: string): Promise<Verdict> {
    const comparison = { gold, given };
    const key = JSON.stringify([gold, given]);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const quick = quickVerdict(comparison);
    const verdict = quick === undefined ? this.#queued(comparison) : Promise.resolve(quick);
    if (this.#verdicts.size >= mostVerdicts) this.#forgetOldest();
    this.#verdicts.set(key, verdict);
    verdict.catch(() => this.#verdicts.delete(key));
    return verdict;
  }

  /** Ends the thread. A later comparison starts another. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await (await thread?.catch(() => undefined))?.terminate();
  }

  #forgetOldest(): void {
    for (const key of this.#verdicts.keys()) {
      this.#verdicts.delete(key);
      return;
    }
  }

  async #startedThread(): Promise<Worker> {
    this.#thread ??= started(this.#script);
    try {
      return await this.#thread;
    } catch (cause) {
      this.#thread = undefined;
      throw new GraderError(cause);
    }
  }

  /** One comparison at a time: a limit counts for one. */
  #queued(comparison: Comparison): Promise<Verdict> {
    const verdict = this.#last.then(() => this.#inThread(comparison));
    this.#last = verdict.catch(() => {});
    return verdict;
  }

  async #inThread(comparison: Comparison): Promise<Verdict> {
    const thread = await this.#startedThread();
    try {
      return await answered<Verdict>(thread, this.#timeoutSeconds, () => thread.postMessage(comparison));
    } catch {
      await this.close();
      return "undecided";
    }
  }
}

/** Without the flags of the process: some of them are none for a thread. */
const started = async (script: URL): Promise<Worker> => {
  const thread = new Worker(script, { resourceLimits: memoryLimits, name: "grader", execArgv: [] });
  // What fails between two comparisons is found by the next one.
  thread.on("error", () => {});
  await answered(thread, startSeconds, () => {});
  return thread;
};

/** The thread's next message; rejects if it ends, or has none in time. The process waits for it. */
const answered = <Reply>(thread: Worker, seconds: number, ask: () => void): Promise<Reply> => {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const fail = (): void => reject(new Error("the grader's thread does not answer"));
  const timer = setTimeout(fail, seconds * 1000);
  thread.once("message", resolve).once("error", fail).once("exit", fail);
  thread.ref();
  ask();
  return promise.finally(() => {
    clearTimeout(timer);
    thread.off("message", resolve).off("error", fail).off("exit", fail);
    thread.unref();
  });
};
