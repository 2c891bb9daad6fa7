/** `agora pause`, `step`, `stop`, `set` and `adapter`: what an operator does to a run that another process plays. */
import type { ActDone, ActRequest } from "../../runtime/acts.ts";
import { valueIn } from "../../runtime/config/config-file.ts";
import { nearest } from "../../runtime/config/suggest.ts";
import { componentNames } from "../../runtime/messages.ts";
import { UsageError } from "../exit-codes.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { ActClient, userName } from "./act-client.ts";

export interface ActFlags extends OutputFlags {
  readonly runs: string;
  readonly operator?: string;
}

type Request = ActRequest extends infer R ? (R extends ActRequest ? Omit<R, "operator"> : never) : never;

const shown = (done: ActDone): string => `${done.run}: ${done.effect}.`;

/** @throws UnknownRunError, RefusedAct */
export const act = async (run: string, request: Request, flags: ActFlags): Promise<void> => {
  const operator = flags.operator ?? userName();
  const done = await new ActClient(run, flags.runs).perform({ ...request, operator } as ActRequest);
  new Output(flags).show(done, () => shown(done));
};

export const pause = (run: string, flags: ActFlags): Promise<void> => act(run, { act: "pause" }, flags);
export const step = (run: string, flags: ActFlags): Promise<void> => act(run, { act: "step" }, flags);
export const stop = (run: string, flags: ActFlags): Promise<void> => act(run, { act: "stop" }, flags);

const keys: readonly string[] = ["difficulty", "strategy", ...componentNames];
const strategies = ["explore", "elite", "fresh"] as const;

const wrong = (pair: string, expected: string): never => {
  throw new UsageError(`${pair} cannot be set`, { expected });
};

const settingOf = (pair: string): readonly [string, unknown] => {
  const at = pair.indexOf("=");
  const key = pair.slice(0, Math.max(0, at)).trim();
  const guess = nearest(key, keys);
  if (!keys.includes(key)) {
    const fix = guess === undefined ? "write it as in difficulty=4" : `did you mean ${guess}=…?`;
    throw new UsageError(`${pair} names nothing that can be set`, {
      expected: `one of ${keys.join(", ")}`,
      fix,
    });
  }
  const value = valueIn(pair, pair.slice(at + 1));
  if (key === "difficulty" && typeof value !== "number") wrong(pair, "a number");
  if (key === "strategy" && !strategies.some((one) => one === value)) wrong(pair, strategies.join(", "));
  if (componentNames.some((name) => name === key) && typeof value !== "boolean") wrong(pair, "true or false");
  return [key, value];
};

/** `difficulty=4 fem=false` → `{ difficulty: 4, components: { fem: false } }`. @throws UsageError, ConfigError */
export const settingsOf = (
  pairs: readonly string[],
): Omit<Extract<ActRequest, { act: "set" }>, "operator"> => {
  const { difficulty, strategy, ...components } = Object.fromEntries(pairs.map(settingOf)) as Record<
    string,
    never
  >;
  return {
    act: "set",
    ...(difficulty === undefined ? {} : { difficulty }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(Object.keys(components).length === 0 ? {} : { components }),
  };
};

export const set = (run: string, pairs: readonly string[], flags: ActFlags): Promise<void> =>
  act(run, settingsOf(pairs), flags);

export const adapter = (
  deed: "reject" | "rollback",
  run: string,
  model: string,
  flags: ActFlags,
): Promise<void> => act(run, { act: deed, model }, flags);
