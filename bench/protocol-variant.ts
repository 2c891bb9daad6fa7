/**
 * One variant of the message path, measured in a process of its own: what one variant makes the compiler or the runtime do
 * would slow the next one.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startRun } from "../cli/host/host.ts";
import { pocketPack, scriptedParts } from "../cli/host/scripted-society.ts";
import type { Bus } from "../runtime/bus/bus.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import { connectNatsBus } from "../runtime/bus/bus-nats.ts";
import { startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import { type Config, loadConfig } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import { PlainSociety } from "./plain.ts";

/** Until then the compiler takes a good part of the time. */
const warmUp: Extent = { seconds: 6, questions: 64 };
/** Interval between checks of the window's end [ms]. */
const pause = 20;

export const buses = ["memory", "nats"] as const;
export type BusName = (typeof buses)[number];
/** `langgraph-checkpoints`: with a checkpoint after each phase, in memory. */
export type ProgramName = "plain" | "langgraph" | "langgraph-checkpoints";
export type Variant = BusName | ProgramName;

export const isProgram = (variant: Variant): variant is ProgramName => !buses.some((bus) => bus === variant);

const graphProgram = new URL("./langgraph/graph-society.js", import.meta.url);
export const isGraphInstalled = existsSync(new URL("./node_modules/@langchain/langgraph", graphProgram));

export interface Extent {
  readonly seconds: number;
  readonly questions: number;
}

interface Reading {
  readonly questions: number;
  readonly messages: number;
  /** Messages of the paper's protocol. */
  readonly equivalent: number;
  /** CPU time of this process since its start [µs]. */
  readonly cpu: number;
  /** [s] */
  readonly at: number;
}

/** All components are on; the limits on rounds and updates are never reached. */
const configOf = (runsFolder: string, agents: number): Config =>
  loadConfig({
    env: {},
    overrides: {
      run: "protocol",
      runsFolder,
      models: Array.from({ length: agents }, (_, index) => ({
        name: `agent-${index}`,
        model: "scripted",
        endpoint: "http://127.0.0.1:9/v1",
      })),
      questionsPerRound: 16,
      rounds: 1_000_000,
      updates: 1_000_000,
    },
  });

const openBus = async (name: BusName): Promise<{ bus: Bus; stop: () => Promise<void> }> => {
  if (name === "memory") return { bus: createMemoryBus(), stop: async () => {} };
  const server = await startNatsServer(["-js", "-sd", "store"]);
  return { bus: await connectNatsBus({ servers: server.url }), stop: () => server.stop() };
};

/** How many messages it would be if each verdict and each ballot were one. */
const equivalentOf = (message: Message): number => {
  if (message.type === "verdict.given") return message.verdicts.length;
  return message.type === "ballot.cast" ? message.ballots.length : 1;
};

const readingsOf = async (config: Config, bus: Bus, extent: Extent): Promise<[Reading, Reading]> => {
  const counts = { questions: 0, messages: 0, equivalent: 0 };
  const take = (): Reading => {
    const { user, system } = process.cpuUsage();
    return { ...counts, cpu: user + system, at: performance.now() / 1000 };
  };
  const after = async (first: Reading, { seconds, questions }: Extent): Promise<Reading> => {
    for (;;) {
      await sleep(pause);
      const isLong = performance.now() / 1000 - first.at >= seconds;
      if (isLong && counts.questions - first.questions >= questions) return take();
    }
  };
  const run = await startRun(
    {
      config,
      onMessage: (message) => {
        counts.messages += 1;
        counts.equivalent += equivalentOf(message);
        if (message.type === "question.settled") counts.questions += 1;
      },
    },
    scriptedParts(config, { bus }),
  );
  try {
    const first = await after(take(), warmUp);
    return [first, await after(first, extent)];
  } finally {
    await run.close();
  }
};

const inFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export interface Rates {
  readonly questions: number;
  readonly messages: number;
  readonly equivalent: number;
  /** CPU time [µs]. */
  readonly cpu: number;
  /** [s] */
  readonly elapsed: number;
}

const between = (first: Reading, last: Reading): Rates => ({
  questions: last.questions - first.questions,
  messages: last.messages - first.messages,
  equivalent: last.equivalent - first.equivalent,
  cpu: last.cpu - first.cpu,
  elapsed: last.at - first.at,
});

const playSociety = (name: BusName, agents: number, extent: Extent): Promise<Rates> =>
  inFolder(async (folder) => {
    const { bus, stop } = await openBus(name);
    try {
      return between(...(await readingsOf(configOf(folder, agents), bus, extent)));
    } finally {
      await stop();
    }
  });

/** The protocol as a function that plays one question. */
interface Program {
  play(): Promise<void>;
  close(): void;
}

type GraphSociety = (plain: PlainSociety, options: { readonly checkpoints: boolean }) => Program;

const programOf = async (variant: ProgramName, agents: number, folder: string): Promise<Program> => {
  const plain = new PlainSociety(agents, pocketPack, folder);
  if (variant === "plain") return plain;
  const { graphSociety }: { graphSociety: GraphSociety } = await import(graphProgram.href);
  return graphSociety(plain, { checkpoints: variant === "langgraph-checkpoints" });
};

const playProgram = (variant: ProgramName, agents: number, { seconds, questions }: Extent): Promise<Rates> =>
  inFolder(async (folder) => {
    const program = await programOf(variant, agents, folder);
    const playOn = async (extent: Extent): Promise<Rates> => {
      const [started, before] = [performance.now(), process.cpuUsage()];
      let played = 0;
      const elapsed = () => (performance.now() - started) / 1000;
      for (; played < extent.questions || elapsed() < extent.seconds; played += 1) await program.play();
      const { user, system } = process.cpuUsage(before);
      return { questions: played, messages: 0, equivalent: 0, cpu: user + system, elapsed: elapsed() };
    };
    try {
      await playOn(warmUp);
      return await playOn({ seconds, questions });
    } finally {
      program.close();
    }
  });

const play = (variant: Variant, agents: number, extent: Extent): Promise<Rates> =>
  isProgram(variant) ? playProgram(variant, agents, extent) : playSociety(variant, agents, extent);

export const playAlone = (variant: Variant, agents: number, { seconds, questions }: Extent): Rates => {
  const given = [import.meta.filename, variant, ...[agents, seconds, questions].map(String)];
  const printed = execFileSync(process.execPath, given, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(printed) as Rates;
};

if (import.meta.main) {
  const [variant, ...numbers] = process.argv.slice(2);
  const [agents = 4, seconds = 5, questions = 32] = numbers.map(Number);
  const rates = await play(variant as Variant, agents, { seconds, questions });
  process.stdout.write(JSON.stringify(rates));
}
