/** The goals of a run: those of its configuration, or of its last extension. */
import { emptySociety, foldSociety } from "../machines/folds/society.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";

export type Goals = Partial<Pick<Config, "rounds" | "updates" | "tokens">>;

/** The last extension wins; a fork begins with those of its configuration. */
export const foldGoals = (goals: Goals, message: Message): Goals => {
  if (message.type === "run.forked") return {};
  if (message.type !== "run.extended") return goals;
  const { rounds, updates, tokens } = message;
  return {
    rounds,
    ...(updates === undefined ? {} : { updates }),
    ...(tokens === undefined ? {} : { tokens }),
  };
};

/** The goal that a run has already reached, as text; undefined if there is none. */
export const reachedGoal = (records: readonly Message[], config: Config): string | undefined => {
  const { rounds, updates, tokens, lora, bufferThreshold } = config;
  const society = records.reduce(foldSociety(config), emptySociety(config));
  const { roundsClosed, generations, admitted } = society;
  if (roundsClosed >= rounds) return `rounds=${rounds}: ${roundsClosed} are played`;
  if (tokens !== undefined && society.tokens >= tokens)
    return `tokens=${tokens}: ${society.tokens} are spent`;
  if (updates === undefined) return undefined;
  const made = lora ? generations.length : Math.floor(admitted / bufferThreshold);
  return made >= updates ? `updates=${updates}: ${made} are made` : undefined;
};
