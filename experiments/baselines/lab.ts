/** What a baseline works with in one round: the members' models, the pool's problems and their gold answers. */
import type { Tools } from "../../actors/agent.ts";
import { askModel, type Question, UnknownModel } from "../../actors/roles/ask.ts";
import { asModel, samplingFor } from "../../actors/roles/prompting.ts";
import { versionOf, type Weights } from "../../machines/folds/weights.ts";
import { hashOf } from "../../machines/random.ts";
import { causeOf } from "../../machines/work-order.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Problem, Task } from "../../runtime/task.ts";
import type { Path, Withheld } from "./lesson.ts";
import type { Iteration } from "./machine.ts";

/** Calls under way at a time; each may draw many choices. */
const width = 32;

/** Lets `width` tasks run at a time. */
class Gate {
  #free = width;
  readonly #waiting: (() => void)[] = [];

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

export interface Draw {
  /** Choices to draw. */
  readonly n: number;
  /** The same id gives the same draws. */
  readonly id: string;
  /** Default: the member's as a solver. */
  readonly temperature?: number | undefined;
  /** Few-shot context before the question. Default: none. */
  readonly examples?: string;
  /** The problem with its gold answer: the paths are marked as right or not. */
  readonly gold?: Problem;
  /** Replaces the pack's system text. */
  readonly system?: string;
  /** The calls are metered under this name. Default: solver. */
  readonly role?: string;
}

/** What a member made of a question. */
export interface Drawn {
  readonly author: string;
  readonly adapter: number;
  /** The choices with a readable answer, none kept yet. */
  readonly paths: readonly Path[];
  /** Why there is no path. */
  readonly withheld: readonly Withheld[];
}

export interface LabOptions<Keys> extends Iteration {
  readonly tools: Tools;
  readonly task: Task;
  readonly keys: Keys;
  readonly signal: AbortSignal;
}

export class Lab<Keys> {
  readonly keys: Keys;
  readonly tools: Tools;
  readonly opened: MessageOf<"round.opened">;
  /** The members that are present. */
  readonly members: readonly string[];
  readonly #weights: Weights;
  readonly #task: Task;
  readonly #signal: AbortSignal;
  readonly #gate = new Gate();

  constructor({ tools, task, keys, opened, weights, signal }: LabOptions<Keys>) {
    this.keys = keys;
    this.tools = tools;
    this.opened = opened;
    this.members = tools.group();
    this.#weights = weights;
    this.#task = task;
    this.#signal = signal;
  }

  /** The next problems of the pool, in its order; after the last one it begins anew. */
  problems(count = this.opened.count): readonly Problem[] {
    const { questionsPerRound, seed } = this.tools.config;
    const { round, count: asked } = this.opened;
    const pool = this.#task.pool?.(poolSize, seed) ?? [];
    const first = round * questionsPerRound + (questionsPerRound - asked);
    return Array.from({ length: count }, (_, index) => pool[(first + index) % pool.length]).flatMap(
      (problem) => problem ?? [],
    );
  }

  /** Whether two answers to a question mean the same; answers that cannot be compared do not. */
  async isSame(question: string, left: string, right: string): Promise<boolean> {
    return (await this.#task.grade({ id: "", question, answer: left }, right)) === true;
  }

  /** The version in force; calls are served by it, whether the member has adopted it yet or not. */
  adapterOf(member: string): number {
    return versionOf(this.#weights, member);
  }

  /**
   * Replies of a member in a role, without those that were cut off. A call that fails is reported and gives none. The
   * same id gives the same draws in one round, and others in the next.
   */
  async tryAsk(member: string, question: Omit<Question, "attempt" | "adapter">): Promise<string[]> {
    const { round, attempt } = this.opened;
    const id = `${round}.${attempt}:${question.id}`;
    const asked = { ...question, id, attempt: 0, adapter: this.adapterOf(member) };
    const ask = () => askModel(asModel(this.tools, member), asked, this.#signal);
    try {
      const { texts } = await this.#gate.run(ask);
      return texts.flatMap((text) => text ?? []);
    } catch (error) {
      this.report(`asking ${member} as ${question.role ?? question.prompt}`, error);
      return [];
    }
  }

  /** A failure after which the round goes on, unless it was stopped. @throws the reason of a round that was stopped */
  report(where: string, error: unknown): void {
    this.#signal.throwIfAborted();
    this.tools.note({ where, cause: causeOf(error) });
  }

  /** Continues a text, or scores it, without a chat template. @throws ModelError */
  async complete(member: string, call: Pick<ModelCall, "form" | "role" | "prompt"> & Partial<ModelCall>) {
    const asked = asModel(this.tools, member);
    const model = this.tools.models.get(member);
    if (model === undefined) throw new UnknownModel(member);
    const sampling = samplingFor(asked, "generator");
    return this.#gate.run(() =>
      model.complete({ ...sampling, ...call }, this.#signal, this.adapterOf(member)),
    );
  }

  /** The same draws for the same words in a run. */
  seedOf(...words: readonly (string | number)[]): number {
    const { round, attempt } = this.opened;
    return hashOf(this.tools.config.seed, round, attempt, ...words) >>> 1;
  }

  /** Whether a member follows instructions: a pack without system texts knows its own forms of dialogue only. */
  instructs(member: string): boolean {
    const chat = this.tools.packOf(member).chat("solver", { question: "", examples: "" });
    return chat.system !== undefined;
  }

  /** Solutions of a question by one member. */
  async solve(member: string, question: string, draw: Draw): Promise<Drawn> {
    const { n, examples = "", gold, ...rest } = draw;
    const adapter = this.adapterOf(member);
    const variables = { question, examples };
    const id = `${draw.id}:${question}`;
    const replies = await this.tryAsk(member, { prompt: "solver", ...rest, variables, id, n });
    const read = replies.flatMap((text) => this.pathOf(member, adapter, text) ?? []);
    const paths = await Promise.all(read.map((path) => this.#graded(path, gold)));
    const cause = `none of ${n} replies has an answer`;
    return { author: member, adapter, paths, withheld: paths.length > 0 ? [] : [{ author: member, cause }] };
  }

  async #graded(path: Path, gold: Problem | undefined): Promise<Path> {
    if (gold === undefined) return path;
    const answer = this.#task.answer?.(gold, path.text) ?? path.answer;
    return { ...path, right: (await this.#task.grade(gold, answer)) === true };
  }

  /** A reply as a path; undefined without a readable answer. */
  pathOf(author: string, adapter: number, text: string): Path | undefined {
    const answer = this.tools.packOf(author).answer(text);
    return answer === undefined ? undefined : { author, adapter, text, answer, kept: false };
  }
}

/** Problems of the pool that a run goes through [problems]. */
const poolSize = 8192;
