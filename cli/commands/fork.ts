/** `agora fork`: makes a new run of the records of another, live or not. */
import { randomBytes } from "node:crypto";
import { commandFor } from "../../experiments/result.ts";
import { UsageError } from "../exit-codes.ts";
import { forkRun } from "../host/fork.ts";
import { numberIn } from "../options.ts";
import { Output } from "../terminal/output.ts";
import { ActClient, isPlayed, userName } from "./act-client.ts";
import type { ActFlags } from "./acts.ts";
import { knownRunFolder } from "./known-run.ts";
import { addressIn } from "./page-address.ts";

interface ForkFlags extends ActFlags {
  readonly set: readonly string[];
  readonly name?: string;
  readonly round?: string;
}

const roundOf = ({ round }: ForkFlags): number | undefined => {
  if (round === undefined) return undefined;
  const number = numberIn(round);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new UsageError(`--round is ${round}`, { expected: "the number of a closed round" });
};

/** A run that is played records that it was forked. */
const forked = async (run: string, flags: ForkFlags): Promise<string> => {
  const folder = knownRunFolder(run, flags.runs);
  const round = roundOf(flags);
  const operator = flags.operator ?? userName();
  const asked = { set: [...flags.set], run: flags.name, round };
  if (isPlayed(folder) && addressIn(folder) !== undefined) {
    const done = await new ActClient(run, flags.runs).perform({ act: "fork", operator, ...asked });
    return done.fork ?? "";
  }
  const act = `${Date.now().toString(36)}-${randomBytes(2).toString("hex")}`;
  return forkRun({ parent: run, runsFolder: flags.runs, operator, act, ...asked }).fork;
};

/** @throws UnknownRunError, ActError, RefusedAct */
export const fork = async (run: string, flags: ForkFlags): Promise<void> => {
  const made = await forked(run, flags);
  const folder = knownRunFolder(made, flags.runs);
  const command = commandFor("resume", { run: made, folder });
  new Output(flags).show(
    { run: made, parent: run, folder, resume: command },
    () => `Made ${made} of ${run}. Play it with: ${command}`,
  );
};
