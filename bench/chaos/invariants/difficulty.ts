/**
 * Every round has closed with the V of its questions and with the difficulty of Eq. 1,
 * d_{t+1} = d_t + α (V_t − V_target): computed here from the journal alone. The external anchor is off.
 */
import type { Dossier } from "../../../runtime/messages.ts";
import { type Evidence, isClose } from "./evidence.ts";

interface Tally {
  asked: number;
  verified: number;
  settled: number;
}

/** Solutions that were asked for; an absent member without one does not count. */
const askedIn = ({ group, absent = [], solutions }: Dossier): number =>
  group.reduce((sum, member) => {
    const offered = solutions.filter(({ author }) => author === member).length;
    return sum + (offered > 0 ? offered : absent.includes(member) ? 0 : 1);
  }, 0);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const difficultyViolations = ({ records, config }: Evidence): string[] => {
  const tallies = new Map<number, Tally>();
  const rates: number[] = [];
  let difficulty = config.difficultyStart;
  const found: string[] = [];
  const check = (round: number, what: string, recorded: number, computed: number): void => {
    if (!isClose(recorded, computed)) found.push(`round ${round}: ${what} is ${recorded}, not ${computed}`);
  };
  for (const record of records) {
    if (record.type === "question.settled") {
      const { dossier } = record;
      const { asked, verified, settled } = tallies.get(dossier.round) ?? {
        asked: 0,
        verified: 0,
        settled: 0,
      };
      tallies.set(dossier.round, {
        asked: asked + askedIn(dossier),
        verified: verified + dossier.verified.length,
        settled: settled + 1,
      });
    }
    if (record.type !== "round.closed") continue;
    const { round, passRate, target, nextDifficulty } = record;
    const { asked, verified, settled } = tallies.get(round) ?? { asked: 0, verified: 0, settled: 0 };
    check(round, "V", passRate, asked === 0 ? 0 : verified / asked);
    const { targetStart, targetWindow, targetMargin, targetCap } = config;
    const wanted =
      rates.length === 0
        ? targetStart
        : Math.min(targetCap, meanOf(rates.slice(-targetWindow)) + targetMargin);
    check(round, "V_target", target, wanted);
    const updates = config.difficultyPer === "interaction" ? settled : Math.min(1, settled);
    const moved = difficulty + config.difficultyRate * updates * (passRate - target);
    const next = Math.min(config.difficultyMax, Math.max(config.difficultyMin, moved));
    check(round, "the next d", nextDifficulty, next);
    if (settled > 0) {
      difficulty = next;
      rates.push(passRate);
    }
  }
  return found;
};
