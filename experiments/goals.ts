/** How far a run is to go: its configuration's goals, and those it was extended to. */
import { emptySociety, foldSociety } from "../machines/folds/society.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";

export type Goals = Partial<Pick<Config, "rounds" | "updates">>;

/** The last extension holds. */
export const foldGoals = (goals: Goals, message: Message): Goals => {
  if (message.type !== "run.extended") return goals;
  const { rounds, updates } = message;
  return updates === undefined ? { rounds } : { rounds, updates };
};

/** The goal that a run has reached already, in words; undefined while there is something left to do. */
export const reachedGoal = (records: readonly Message[], config: Config): string | undefined => {
  const { rounds, updates, lora, bufferThreshold } = config;
  const { roundsClosed, generations, admitted } = records.reduce(foldSociety(config), emptySociety(config));
  if (roundsClosed >= rounds) return `rounds=${rounds}: ${roundsClosed} are played`;
  if (updates === undefined) return undefined;
  const made = lora ? generations.length : Math.floor(admitted / bufferThreshold);
  return made >= updates ? `updates=${updates}: ${made} are made` : undefined;
};
