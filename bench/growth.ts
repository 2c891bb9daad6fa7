/**
 * Measures how a society's costs grow with its members, under the paper's protocol (`full`) and with panels, and what
 * panels do to consensus and to the order of ratings.
 *
 *     npm run -s bench:growth                      # all three parts
 *     npm run -s bench:growth -- --parts cost      # n = 2 … 64: costs of a settled question, exponents over n >= 4
 *     npm run -s bench:scale                       # the costs at 10, 100 and 1,000 agents, with panels
 *     npm run -s bench:growth -- --parts order     # scripted models of unequal skill, n = 8 and 16
 *     npm run -s bench:growth -- --parts pocket    # eight pocket models without training
 *
 * The panels of `cost`: 3 verifiers a solution, 3 voters a question, n pairs, and audits by default. Few questions are
 * played, so audits are measured with an `auditShare` of 0 and of 1, and the figures stand between the two as the
 * default does. CPU time is without that of packing messages to count their bytes.
 */
import { Command } from "commander";
import { configSchema } from "../runtime/config/config.ts";
import { type Cost, costOf, exponentOf, mixed } from "./growth-cost.ts";
import {
  agreement,
  agreementWithSkill,
  playSkilled,
  precision,
  type Reading,
  recall,
} from "./growth-order.ts";
import type { Outcome, Panels } from "./growth-society.ts";
import { printNote, printResult, rounded } from "./result.ts";

const sizes = [2, 4, 8, 16, 32, 64] as const;
/** Smaller groups say little of the growth. */
const leastFitted = 4;
/** With more members a dossier of all pairs exceeds what one message may hold (8 MiB): no question settles. */
const largest = { full: 32, panels: Number.POSITIVE_INFINITY } as const;
/** A round of the full protocol has n³ calls a question. */
const questionsOf = (agents: number): number => Math.max(2, Math.min(32, Math.floor(128 / agents)));

const panelsOf = (agents: number, panel: number, pairsPerMember: number): Panels => ({
  ...{ verifiers: panel, voters: panel, duels: pairsPerMember * agents },
});

const fullCost = (agents: number): Costs => ({ cost: costOf(agents, questionsOf(agents), {}) });

const auditShare = configSchema.shape.auditShare.parse(undefined);

interface Costs {
  readonly cost: Cost;
  /** Without audits. */
  readonly unaudited?: Cost;
}

const panelCost = (agents: number): Costs => {
  const costWith = (share: number): Cost =>
    costOf(agents, questionsOf(agents), { ...panelsOf(agents, 3, 1), auditShare: share });
  const plain = costWith(0);
  return { cost: mixed(plain, costWith(1), auditShare), unaudited: plain };
};

const figures = ["calls", "messages", "bytes", "cpu", "peak"] as const;
const figureNames = { calls: "calls", messages: "messages", bytes: "bytes", cpu: "us_cpu", peak: "peak_mb" };

const named = (of: (figure: (typeof figures)[number]) => number) =>
  Object.fromEntries(figures.map((figure) => [figureNames[figure], rounded(of(figure))]));

const callsOf = (cost: Cost | undefined) =>
  cost === undefined ? {} : { calls_unaudited: rounded(cost.calls) };

type Measured = readonly (readonly [agents: number, costs: Costs])[];

const exponentsOf = (measured: Measured, of: (costs: Costs) => Cost) =>
  named((figure) => exponentOf(measured.map(([agents, costs]) => [agents, of(costs)[figure]])));

const measureCosts = (protocol: "full" | "panels", asked: readonly number[]): void => {
  const members = asked.filter((agents) => agents <= largest[protocol]);
  if (members.length < asked.length) printNote(`cost: ${protocol} stops at n = ${largest[protocol]}`);
  const measured: Measured = members.map((agents) => {
    printNote(`cost: ${protocol}, n = ${agents}`);
    const costs = protocol === "full" ? fullCost(agents) : panelCost(agents);
    const { cost, unaudited } = costs;
    printResult("growth", {
      ...{ protocol, agents, ...named((figure) => cost[figure]) },
      ...{ us_message: rounded(cost.cpu / cost.messages), kb_agent: rounded(cost.memory) },
      ...callsOf(unaudited),
    });
    return [agents, costs];
  });
  const fitted = measured.filter(([agents]) => agents >= leastFitted);
  if (fitted.length < 2) return;
  const hasAudits = fitted.every(([, { unaudited }]) => unaudited !== undefined);
  printResult("growth", {
    ...{
      protocol,
      fitted: fitted.map(([agents]) => agents),
      exponents: exponentsOf(fitted, ({ cost }) => cost),
    },
    ...(hasAudits
      ? { exponents_unaudited: exponentsOf(fitted, ({ cost, unaudited = cost }) => unaudited) }
      : {}),
  });
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

const spread = (values: readonly number[]) => ({
  mean: rounded(mean(values)),
  values: values.map(rounded),
});

/** Wrong solutions that were verified, of all that were: counts tell more than shares near one. */
const wrongOf = (plays: readonly Outcome[]): string => {
  const [verified, right] = (["verified", "verifiedRight"] as const).map((key) =>
    plays.reduce((sum, { audit }) => sum + audit[key], 0),
  ) as [number, number];
  return `${verified - right} of ${verified}`;
};

/** Both readings of the ratings: tau by run. */
const taus = (plays: readonly Outcome[], of: (play: Outcome, index: number, reading: Reading) => number) => ({
  final: spread(plays.map((play, index) => of(play, index, "final"))),
  later_half: spread(plays.map((play, index) => of(play, index, "later half"))),
});

const outcomeFigures = (plays: readonly Outcome[]) => ({
  calls: rounded(mean(plays.map(({ calls }) => calls))),
  precision: spread(plays.map(precision)),
  wrong_verified: wrongOf(plays),
  right_verified: rounded(mean(plays.map(recall))),
});

const auditFigures = (plays: readonly Outcome[]) => {
  const sum = (key: "audited" | "accepted" | "refused") =>
    plays.reduce((total, { panelAudit }) => total + panelAudit[key], 0);
  return {
    audited: sum("audited"),
    accepted_by_panel: sum("accepted"),
    refused_by_group: sum("refused"),
  };
};

/** Members of a panel, and pairs per member of the group. */
const settings = [
  [2, 1],
  [3, 1],
  [5, 1],
  [5, 2],
] as const;

const playAll = async (seeds: readonly number[], play: (seed: number) => Promise<Outcome>) => {
  const plays: Outcome[] = [];
  for (const seed of seeds) plays.push(await play(seed));
  return plays;
};

const measureOrder = async (agents: number, seeds: readonly number[]): Promise<void> => {
  printNote(`order: full, n = ${agents}`);
  const full = await playAll(seeds, (seed) => playSkilled(agents, seed, {}));
  printResult("growth-order", {
    ...{ agents, protocol: "full", seeds },
    ...outcomeFigures(full),
    tau_between_seeds: taus(full.slice(1), (play, index, reading) =>
      agreement(play, full[index] as Outcome, reading),
    ),
    tau_to_skill: taus(full, (play, _, reading) => agreementWithSkill(play, reading)),
  });
  for (const [panel, pairs] of settings) {
    printNote(`order: panels of ${panel}, ${pairs} pairs a member, n = ${agents}`);
    const panels = panelsOf(agents, panel, pairs);
    const plays = await playAll(seeds, (seed) => playSkilled(agents, seed, panels));
    printResult("growth-order", {
      ...{ agents, protocol: "panels", panel, pairs_per_member: pairs },
      ...outcomeFigures(plays),
      tau_to_full: taus(plays, (play, index, reading) => agreement(play, full[index] as Outcome, reading)),
      tau_to_skill: taus(plays, (play, _, reading) => agreementWithSkill(play, reading)),
      ...auditFigures(plays),
    });
  }
};

const measurePocket = async (seed: number): Promise<void> => {
  const { playPocket } = await import("./growth-pocket.ts");
  printNote("pocket: full");
  const full = await playPocket(seed, {});
  printNote("pocket: full, another seed");
  const other = await playPocket(seed + 1, {});
  printNote("pocket: panels");
  const panels = panelsOf(8, 3, 1);
  const small = await playPocket(seed, panels);
  const members = Object.keys(full.ratings).length;
  printResult("growth-pocket", {
    ...{ members, protocol: "full", questions: full.questions, ...outcomeFigures([full, other]) },
    tau_between_seeds: taus([full], (play, _, reading) => agreement(play, other, reading)),
  });
  printResult("growth-pocket", {
    ...{ members, protocol: "panels", questions: small.questions, ...outcomeFigures([small]) },
    tau_to_full: taus([small], (play, _, reading) => agreement(play, full, reading)),
    ...auditFigures([small]),
  });
};

const given = new Command("growth")
  .option("--parts <names>", "cost, order and pocket", "cost,order,pocket")
  .option("--agents <sizes>", "group sizes of the costs", sizes.join(","))
  .option("--order-agents <sizes>", "group sizes of the order", "8,16")
  .option("--protocols <names>", "full and panels, for the costs", "full,panels")
  .option("--seeds <seeds>", "seeds of the scripted and pocket models", "1,2,3")
  .parse()
  .opts<Record<"parts" | "agents" | "orderAgents" | "protocols" | "seeds", string>>();

const numbersIn = (list: string): number[] => list.split(",").map(Number);
const isAsked = (part: string): boolean => given.parts.split(",").includes(part);
const seeds = numbersIn(given.seeds);

if (isAsked("cost")) {
  for (const protocol of ["full", "panels"] as const) {
    if (given.protocols.split(",").includes(protocol)) measureCosts(protocol, numbersIn(given.agents));
  }
}
if (isAsked("order")) for (const agents of numbersIn(given.orderAgents)) await measureOrder(agents, seeds);
if (isAsked("pocket")) await measurePocket(seeds[0] ?? 1);
