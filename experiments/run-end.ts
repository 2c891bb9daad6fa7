/** Why runs have ended. */

/** Version 0.2 recorded a run as finished also when too few members were left: that is no goal, and the run goes on. */
export const isGoal = (reason: string): boolean => !/^only \d+ members left, \d+ are needed$/.test(reason);
