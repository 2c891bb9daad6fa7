/** How skilled the scripted models of the bench of growth are (growth-scripts.ts). */
import { chanceOf } from "../machines/random.ts";

const missed = { least: 0.05, spread: 0.2 };
const erring = { least: 0.1, spread: 0.4 };
const leaping = { least: 0.05, spread: 0.9 };

export interface Skill {
  readonly errs: number;
  readonly leaps: number;
  readonly misses: number;
}

export const skillOf = (index: number, agents: number): Skill => ({
  errs: erring.least + erring.spread * chanceOf("errs", index, agents),
  leaps: leaping.least + (leaping.spread * index) / (agents - 1),
  misses: missed.least + missed.spread * chanceOf("misses", index, agents),
});
