/**
 * Carries out what an operator asks of a run: checks it against the state of the run, and records it.
 *
 * 1. An act that changes nothing, or that cannot be carried out, is refused with the reason and recorded nowhere.
 * 2. An act is recorded only if it was checked here: the recorder asks (`whyUnchecked`).
 * 3. The effect is the machines': they hear the recorded act like any other message.
 * 4. While a finished run is measured it can only be stopped.
 */
import { randomBytes } from "node:crypto";
import { type Control, foldControl, noControl } from "../../machines/folds/control.ts";
import {
  baseWeights,
  foldWeights,
  servedName,
  versionOf,
  type Weights,
} from "../../machines/folds/weights.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import { type ActDone, ActError, type ActRequest, type Acts, defaultSeconds } from "../../runtime/acts.ts";
import type { AgoraErrorOptions } from "../../runtime/agora-error.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Draft, durableKey, type Message } from "../../runtime/messages.ts";

export interface ActsOptions {
  readonly config: Config;
  readonly pack: PromptPack;
  readonly records: readonly Message[];
  /** Sends a durable message as the operator. */
  readonly send: (draft: Draft) => void;
  /** Writes one after the society has ended. */
  readonly keep: (draft: Draft) => void;
  /** Whether the society has ended. */
  readonly isOver: () => boolean;
  /** Stops the run, or its measuring. */
  readonly stop: () => void;
}

type Of<A extends ActRequest["act"]> = Extract<ActRequest, { act: A }>;

/** A draft, and what follows from it. */
interface Plan extends Omit<ActDone, "act" | "run" | "operator"> {
  readonly draft: Draft;
}

interface Done {
  readonly act: string;
  readonly operator: string;
}

const refuse = (code: ActError["code"], problem: string, options?: AgoraErrorOptions): never => {
  throw new ActError(code, problem, options);
};

const freshId = (): string => `${Date.now().toString(36)}-${randomBytes(2).toString("hex")}`;

/** Why the recorder must not take a message; undefined for what is no act. Before there are `acts` none is checked. */
export const whyUnchecked = (message: Message, acts: RunActs | undefined): string | undefined => {
  if (!message.type.startsWith("operator.")) return undefined;
  if ("act" in message && acts?.hasChecked(message.act)) return undefined;
  return `${message.type} was not checked: acts are requested on agora.<run>.operator.act, or on the run's page`;
};

export class RunActs implements Acts {
  readonly #options: ActsOptions;
  /** Acts on their way to the journal. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  readonly #checked = new Set<string>();
  #control: Control = noControl;
  #weights: Weights = baseWeights;
  /** Jobs without an outcome, by model. */
  readonly #jobs = new Map<string, string>();
  /** A question of the society, to show how one is written. */
  #example: string | undefined;

  constructor(options: ActsOptions) {
    this.#options = options;
    for (const record of options.records) this.accept(record);
  }

  accept(message: Message): void {
    this.#control = foldControl(this.#control, message);
    this.#weights = foldWeights(this.#weights, message);
    if (message.type === "training.requested") this.#jobs.set(message.model, message.job);
    if ("job" in message && durableKey(message)?.startsWith("job.ended")) this.#jobs.delete(message.model);
    if (message.type === "question.settled") this.#example = message.dossier.text;
    if ("act" in message && message.act !== undefined) this.#waiting.get(message.act)?.resolve();
  }

  hasChecked(act: string | undefined): boolean {
    return act !== undefined && this.#checked.has(act);
  }

  /** The society has ended: what is not recorded now never is. */
  end(): void {
    for (const { reject } of this.#waiting.values()) reject(this.#over());
  }

  async perform(request: ActRequest): Promise<ActDone> {
    const { config, isOver } = this.#options;
    const { operator = "operator" } = request;
    const done = { act: freshId(), operator };
    if (isOver()) return this.#performAtEnd(request, done);
    const { draft, ...plan } = await this.#planOf(request, done);
    await this.#recorded(draft, done.act);
    if (request.act === "stop") this.#options.stop();
    return { ...done, run: config.run, ...plan };
  }

  async #recorded(draft: Draft, act: string): Promise<void> {
    const recording = Promise.withResolvers<void>();
    this.#waiting.set(act, recording);
    this.#checked.add(act);
    try {
      this.#options.send(draft);
      await recording.promise;
    } finally {
      this.#waiting.delete(act);
    }
  }

  #over(): ActError {
    const { run } = this.#options.config;
    return new ActError("AGORA_ACT_OVER", `the society of ${run} has ended: it plays no more rounds`, {
      fix: `continue or extend it with agora resume ${run}`,
    });
  }

  #performAtEnd(request: ActRequest, done: Done): ActDone {
    const { config, keep, stop } = this.#options;
    if (request.act !== "stop") throw this.#over();
    keep({ type: "operator.stopped", ...done });
    stop();
    return { ...done, run: config.run, effect: "the measuring stops" };
  }

  #planOf(request: ActRequest, done: Done): Plan | Promise<Plan> {
    switch (request.act) {
      case "pause":
        return this.#pause(done);
      case "resume":
        if (!this.#control.paused) refuse("AGORA_ACT_STATE", "the run is not paused");
        return { draft: { type: "operator.resumed", ...done }, effect: "the next round opens" };
      case "step":
        return {
          draft: { type: "operator.stepped", ...done },
          effect: "one round is played, then the run waits",
        };
      case "stop":
        return {
          draft: { type: "operator.stopped", ...done },
          effect: "the run stops; agora resume continues it",
        };
      case "set":
        return this.#set(request, done);
      case "ask":
        return this.#ask(request, done);
      case "reject":
        return this.#reject(request.model, done);
      case "rollback":
        return this.#rollBack(request.model, done);
      case "fork":
        return this.#fork(request, done);
    }
  }

  #pause(done: Done): Plan {
    const { paused, steps } = this.#control;
    if (paused && steps === 0) {
      refuse("AGORA_ACT_STATE", "the run is paused already", { fix: "resume it, or step by one round" });
    }
    const effect = "questions under way are played out; then no round opens until the run is resumed";
    return { draft: { type: "operator.paused", ...done }, effect };
  }

  #set({ difficulty, strategy, components = {} }: Of<"set">, done: Done): Plan {
    const { difficultyMin, difficultyMax, eliteIcl } = this.#options.config;
    if (difficulty === undefined && strategy === undefined && Object.keys(components).length === 0) {
      refuse("AGORA_ACT_VALUE", "nothing is set", { expected: "a difficulty, a strategy or a component" });
    }
    if (difficulty !== undefined && (difficulty < difficultyMin || difficulty > difficultyMax)) {
      const expected = `a number from ${difficultyMin} to ${difficultyMax} (difficultyMin, difficultyMax)`;
      refuse("AGORA_ACT_VALUE", `difficulty ${difficulty} is out of range`, { expected });
    }
    if (strategy === "fresh" && !(components.eliteIcl ?? this.#control.components.eliteIcl ?? eliteIcl)) {
      refuse("AGORA_ACT_VALUE", "the strategy fresh renews the elite history, which is off", {
        fix: "switch eliteIcl on as well",
      });
    }
    const settings = {
      ...(difficulty === undefined ? {} : { difficulty }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(Object.keys(components).length === 0 ? {} : { components }),
    };
    return {
      draft: { type: "operator.set", ...done, ...settings },
      effect: "it applies from the next round",
    };
  }

  #ask({ text, seconds = defaultSeconds }: Of<"ask">, done: Done): Plan {
    const { pack, config } = this.#options;
    if (pack.question(text) === undefined) {
      const example = this.#example === undefined ? {} : { fix: `write it as in ${this.#example}` };
      refuse("AGORA_ACT_VALUE", `this is not a problem of the task "${config.task}"`, example);
    }
    const question = `asked-${done.act}`;
    const draft = { type: "operator.asked" as const, ...done, question, text, seconds };
    return { draft, effect: "the group solves, checks and votes on it beside the rounds", question };
  }

  #knownModel(model: string): void {
    const names = this.#options.config.models.map(({ name }) => name);
    if (names.includes(model)) return;
    refuse("AGORA_ACT_VALUE", `no model of the run is called ${model}`, {
      expected: `one of ${names.join(", ")}`,
    });
  }

  #reject(model: string, done: Done): Plan {
    this.#knownModel(model);
    const job = this.#jobs.get(model);
    if (job === undefined) {
      refuse("AGORA_ACT_STATE", `no adapter of ${model} is being made`, {
        fix: "to leave one that is published, roll it back",
      });
    }
    return { draft: { type: "operator.rejected", ...done, model }, effect: `${job} will not be published` };
  }

  #rollBack(model: string, done: Done): Plan {
    this.#knownModel(model);
    const version = versionOf(this.#weights, model);
    if (version === 0)
      refuse("AGORA_ACT_STATE", `${model} has its base weights: there is no adapter to leave`);
    const job = this.#jobs.get(model);
    const rest =
      job === undefined ? "" : `; ${job} is still being made: reject it if it is not wanted either`;
    const effect = `${model} leaves ${servedName(model, version)} for the weights before it${rest}`;
    return { draft: { type: "operator.withdrew", ...done, model }, effect };
  }

  async #fork({ set, run, round }: Of<"fork">, done: Done): Promise<Plan> {
    const { forkRun } = await import("./fork.ts");
    const { run: parent, runsFolder } = this.#options.config;
    const { fork, changed } = forkRun({ parent, runsFolder, set, run, round, ...done });
    const effect = `run ${fork} has been made; agora resume ${fork} plays it`;
    return { draft: { type: "operator.forked", ...done, fork, changed: [...changed] }, effect, fork };
  }
}
