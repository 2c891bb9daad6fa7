/** The rater of a run: TrueSkill, or the module that the configuration names. */
import type { Rater } from "../machines/referee.ts";
import type { Config } from "../runtime/config/config.ts";
import { plugIn, type Socket } from "../runtime/plugin/socket.ts";
import { trueSkill } from "./trueskill.ts";

const socket: Socket<Rater> = {
  name: "rater",
  type: "Rater",
  members: { initial: "function", duel: "function" },
  known: { trueskill: async () => trueSkill },
};

/** @throws PluginError */
export const raterOf = (config: Config): Promise<Rater> =>
  plugIn(socket, config.rater, { key: "rater", config });
