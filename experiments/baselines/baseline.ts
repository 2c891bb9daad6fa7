/**
 * A baseline as an agent type: an institution that plays every round in the members' place. The members are ordinary:
 * they are served, trained and measured, and their adapters are swapped, but none poses, verifies or votes.
 *
 * 1. A round is an iteration. The baseline makes a lesson of each question: solutions of the members, of which it keeps
 *    some. The dossier says so as a society's does: kept solutions are `verified`, the referee admits them, and the
 *    trainer's ordinary queue trains them after the round (`trainAfter: round`). The next round waits for the adapters.
 * 2. All calls go through the members' served models, so that the ledger has them.
 * 3. Budgets end a baseline as they end a society: rounds, updates, or whatever else the supervisor goes by.
 * 4. A baseline whose play of a round fails voids the round's questions with the cause.
 */
import { fromPromise } from "xstate";
import type { z } from "zod";
import type { AgentType } from "../../actors/agent.ts";
import { planOf } from "../../actors/agent.ts";
import { baseWeights, foldWeights } from "../../machines/folds/weights.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Draft } from "../../runtime/messages.ts";
import { optionsOf } from "../../runtime/plugin/options.ts";
import type { Task } from "../../runtime/task.ts";
import { taskOf } from "../tasks/index.ts";
import { Lab } from "./lab.ts";
import { draftsOf, type Made } from "./lesson.ts";
import { baselineMachine, type Iteration } from "./machine.ts";

type Keys<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

export interface Baseline<Shape extends z.ZodRawShape> {
  /** Name of the agent, of its keys under `options`, and of its questions. */
  readonly kind: string;
  /** Its own keys, each with a default. */
  readonly keys: Shape;
  /** Whose samples a member trains on. */
  readonly trainOn: Config["trainOn"];
  /** What `loraFrom` must be, where the paper says so. */
  readonly loraFrom?: Config["loraFrom"];
  /** Likewise. */
  readonly loraSamples?: Config["loraSamples"];
  /** Whether it draws problems from the task's pool. */
  readonly needsPool: boolean;
  /** At most as many lessons as the round has questions. Rejects if the round cannot be played. */
  play(lab: Lab<Keys<Shape>>): Promise<readonly Made[]>;
}

export class BaselineError extends AgoraError<"AGORA_BASELINE"> {
  constructor(problem: string, fix: string) {
    super("AGORA_BASELINE", problem, { fix });
  }
}

/** A society's mechanisms that would change what a baseline keeps and trains. */
const requiredOf = ({ trainOn, loraFrom, loraSamples = "new" }: Baseline<z.ZodRawShape>) => ({
  ...{ qualityVote: false, dynamicStrategy: false, rehearsalShare: 0 },
  ...{ trainAfter: "round", trainOn, loraSamples, ...(loraFrom === undefined ? {} : { loraFrom }) },
});

const check = (baseline: Baseline<z.ZodRawShape>, config: Config, task: Task): void => {
  const { kind, needsPool } = baseline;
  const wrong = Object.entries(requiredOf(baseline)).filter(
    ([key, value]) => config[key as keyof Config] !== value,
  );
  if (wrong.length > 0) {
    const wanted = wrong.map(([key, value]) => `${key}: ${value}`).join(", ");
    throw new BaselineError(`${kind} needs ${wanted}`, `set ${wanted}`);
  }
  if (needsPool && task.pool === undefined) {
    const fix = "set poolFile (task math), or name a task with a pool";
    throw new BaselineError(`the task ${task.name} has no training pool`, fix);
  }
};

/** What a module of a baseline exports: the agent type for a run's configuration. @throws BaselineError, OptionsError */
export const baselineOf =
  <Shape extends z.ZodRawShape>(baseline: Baseline<Shape>) =>
  async (config: Config): Promise<AgentType> => {
    const { kind } = baseline;
    const keys = optionsOf(config, kind, baseline.keys);
    const task = await taskOf(config);
    check(baseline as unknown as Baseline<z.ZodRawShape>, config, task);
    return {
      ...{ kind, member: false, essential: true, poses: true },
      plan: (tools) => {
        const play = fromPromise<readonly Draft[], Iteration>(async ({ input, signal }) => {
          const lab = new Lab({ tools, task, keys, signal, ...input });
          return draftsOf(kind, input.opened, lab.members, await baseline.play(lab));
        });
        const weights = tools.records.reduce(foldWeights, baseWeights);
        const machine = baselineMachine(kind).provide({ actors: { play } });
        return planOf(kind, machine, { name: tools.name, weights });
      },
    };
  };
