/** Plays a society on scripted models behind servers with vLLM's latency, and counts the tokens of its calls. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRun } from "../cli/host/host.ts";
import { packFolder } from "../cli/host/packs.ts";
import { roleOf } from "../cli/host/sums-server.fixture.ts";
import { loadPack } from "../prompts/pack.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import { type ConfigInput, loadConfig } from "../runtime/config/config.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";
import { emptyLedger, foldLedger, type Ledger } from "../runtime/model/ledger.ts";
import { Limiter } from "../runtime/model/limiter.ts";
import type { Model, UsageListener } from "../runtime/model/model.ts";
import { openaiModel } from "../runtime/model/openai-model.ts";
import { type PacedServer, startPacedServer } from "../runtime/model/paced-server.fixture.ts";
import type { LatencyProfile, ServingCounts } from "../runtime/model/serving.fixture.ts";
import { idleClock, type ServingClock } from "../runtime/model/serving-clock.fixture.ts";
import type { Task } from "../runtime/task.ts";
import { TwinTraining } from "../trainer/twin.ts";
import { groupOf, scriptOf } from "./tokens-models.ts";

export interface Setting {
  readonly agents: number;
  /** Mean share of wrong solutions. */
  readonly wrong: number;
  readonly rounds: number;
  /** Questions of one round. */
  readonly questions: number;
  readonly cached: boolean;
  readonly overrides: ConfigInput;
}

/** What the servers computed, in tokens; of aborted calls up to their abort. */
export type RoleCounts = Pick<
  ServingCounts,
  "requests" | "aborted" | "cachedTokens" | "computedTokens" | "completionTokens"
>;

export interface Played {
  readonly settled: readonly MessageOf<"question.settled">[];
  readonly roles: ReadonlyMap<string, RoleCounts>;
  /** What the client has metered. */
  readonly ledger: Ledger;
  /** Length of each round on the servers' clock [s]. */
  readonly roundSeconds: readonly number[];
}

/** A model of four billion weights on one GPU. */
const profile: LatencyProfile = {
  ...{ slots: 64, queue: 4096, cacheBlocks: 20_000, adapterSeconds: 2 },
  ...{ prefillRate: 20_000, decodeRate: { alone: 110, full: 60 } },
};

/** In real time [s]. */
const longTime = 36_000;

const task: Task = {
  name: "prose",
  anchor: () => [],
  benchmarks: [],
  benchmark: () => [],
  grade: () => false,
  contamination: () => undefined,
  truth: () => undefined,
};

const configOf = ({ rounds, questions, overrides }: Setting, servers: ReadonlyMap<string, PacedServer>) =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run: "tokens", preset: "paper", pack: "english", task: "pocket", rounds },
      models: [...servers].map(([name, { endpoint }]) => ({ name, model: name, endpoint })),
      questionsPerRound: questions,
      // Nobody is given up because this machine is busy.
      ...{ phaseTimeoutSeconds: longTime, patienceSeconds: longTime },
      // The same questions for all, and nothing but play.
      ...{ lora: false, externalAnchor: false, difficultyControl: false, dynamicStrategy: false, fem: false },
      ...overrides,
    },
  });

const startServers = async (
  { agents, wrong, cached }: Setting,
  clock: ServingClock,
): Promise<Map<string, PacedServer>> => {
  const started = groupOf(agents, wrong).map(async (temper): Promise<[string, PacedServer]> => {
    const paced = { profile: cached ? profile : { ...profile, cacheBlocks: 0 }, roleOf, clock };
    return [temper.name, await startPacedServer({ model: temper.name, script: scriptOf(temper), ...paced })];
  });
  return new Map(await Promise.all(started));
};

/** Clients with as many permits as their server has slots: real time says nothing about the servers' load. */
const modelsOf = (servers: ReadonlyMap<string, PacedServer>, onUsage: UsageListener): Model[] =>
  [...servers].map(([name, { endpoint }]) => {
    const [min, max] = [profile.slots, profile.slots];
    const limiter = new Limiter({ min, max, start: max, tolerance: Number.POSITIVE_INFINITY });
    return openaiModel({ name, model: name, endpoint, limiter, timeoutSeconds: longTime, onUsage });
  });

const addCounts = (left: RoleCounts | undefined, right: RoleCounts): RoleCounts => ({
  requests: (left?.requests ?? 0) + right.requests,
  aborted: (left?.aborted ?? 0) + right.aborted,
  cachedTokens: (left?.cachedTokens ?? 0) + right.cachedTokens,
  computedTokens: (left?.computedTokens ?? 0) + right.computedTokens,
  completionTokens: (left?.completionTokens ?? 0) + right.completionTokens,
});

const countsOf = (servers: Iterable<PacedServer>): Map<string, RoleCounts> => {
  const roles = new Map<string, RoleCounts>();
  for (const { serving } of servers)
    for (const [role, counts] of serving.countsByLabel()) roles.set(role, addCounts(roles.get(role), counts));
  return roles;
};

const playIn = async (
  setting: Setting,
  servers: ReadonlyMap<string, PacedServer>,
  clock: ServingClock,
  runsFolder: string,
): Promise<Played> => {
  const config = { ...configOf(setting, servers), runsFolder };
  const settled: MessageOf<"question.settled">[] = [];
  const roundSeconds: number[] = [];
  let ledger = emptyLedger;
  let openedAt = 0;
  const onMessage = (message: Message): void => {
    ledger = foldLedger(ledger, message);
    if (message.type === "question.settled") settled.push(message);
    if (message.type === "round.opened") openedAt = clock.now();
    if (message.type === "round.closed") roundSeconds.push(clock.now() - openedAt);
  };
  const models = async (onUsage: UsageListener) => modelsOf(servers, onUsage);
  const bus = createMemoryBus();
  const pack = loadPack(packFolder("english"));
  const parts = { bus, task, pack, training: new TwinTraining(), models, close: () => bus.close() };
  const run = await startRun({ config, onMessage }, parts);
  try {
    const end = await run.ended;
    if (end.outcome !== "finished") throw new Error(`the run did not finish: ${JSON.stringify(end)}`);
    return { settled, roles: countsOf(servers.values()), ledger, roundSeconds };
  } finally {
    await run.close();
  }
};

/** Plays a run to its end. */
export const play = async (setting: Setting): Promise<Played> => {
  const runsFolder = mkdtempSync(join(tmpdir(), "agora-tokens-"));
  const clock = idleClock();
  const servers = await startServers(setting, clock);
  try {
    return await playIn(setting, servers, clock, runsFolder);
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    rmSync(runsFolder, { recursive: true, force: true });
  }
};
