/**
 * Measures the message path: a whole society on scripted models without delay, with its journal, over each bus, beside
 * the same protocol as one plain function (plain.ts), and as a LangGraph program if `npm ci --prefix bench/langgraph` has
 * installed it.
 *
 * Figures: settled questions and sent messages per second, the CPU time (user and system, all threads) that this
 * process spends per message and per settled question, without that of nats-server, and its ratio to the plain
 * function's. All actors are in one process. A message may carry many verdicts or ballots: `equivalent` counts those of
 * the paper's protocol instead, in which each question, solution, verdict, ballot and explanation is one message, and
 * every other message of the run as it is; per second, and per second of this process's CPU time. The variants take
 * turns, `--repeats` times; figures are medians.
 * After a warm-up each measurement lasts `--seconds` and `--questions` settled questions, whichever takes longer.
 * Defaults: `--agents 4,16 --seconds 5 --questions 32 --repeats 3 --buses memory,nats`.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRun } from "../cli/host/host.ts";
import { pocketPack, scriptedParts } from "../cli/host/scripted-society.ts";
import type { Bus } from "../runtime/bus/bus.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import { connectNatsBus } from "../runtime/bus/bus-nats.ts";
import { natsServerProgram, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import { type Config, loadConfig } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import { PlainSociety } from "./plain.ts";
import { printNote, printResult, rounded } from "./result.ts";

/** Until then the compiler takes a good part of the time. */
const warmUp: Extent = { seconds: 6, questions: 64 };
/** Interval between checks of the window's end [ms]. */
const pause = 20;
const buses = ["memory", "nats"] as const;
type BusName = (typeof buses)[number];
type ProgramName = "plain" | "langgraph";
type Variant = BusName | ProgramName;

interface Extent {
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

interface Rates {
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

const graphProgram = new URL("./langgraph/graph-society.js", import.meta.url);
const isGraphInstalled = existsSync(new URL("./node_modules/@langchain/langgraph", graphProgram));

const programOf = async (variant: ProgramName, agents: number, folder: string): Promise<Program> => {
  const plain = new PlainSociety(agents, pocketPack, folder);
  if (variant === "plain") return plain;
  const { graphSociety }: { graphSociety: (plain: PlainSociety) => Program } = await import(
    graphProgram.href
  );
  return graphSociety(plain);
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

const isProgram = (variant: Variant): variant is ProgramName => !buses.some((bus) => bus === variant);

const play = (variant: Variant, agents: number, extent: Extent): Promise<Rates> =>
  isProgram(variant) ? playProgram(variant, agents, extent) : playSociety(variant, agents, extent);

const perQuestion = ({ cpu, questions }: Rates): number => cpu / questions;

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** The variants take turns, so that a busy machine slows all of them. */
const measure = async (variants: readonly Variant[], agents: number, extent: Extent, repeats: number) => {
  const taken = new Map<Variant, Rates[]>(variants.map((variant) => [variant, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const variant of variants) taken.get(variant)?.push(await play(variant, agents, extent));
  }
  const floor = taken.get("plain")?.map(perQuestion) ?? [];
  for (const [bus, rates] of taken) {
    const of = (figure: (rate: Rates) => number): number => rounded(median(rates.map(figure)));
    const timesPlain = rates.map((rate, repeat) => perQuestion(rate) / (floor[repeat] ?? Number.NaN));
    printResult("protocol", {
      ...{ bus, agents },
      questions_per_s: of(({ questions, elapsed }) => questions / elapsed),
      us_cpu_per_question: of(perQuestion),
      ...(isProgram(bus) ? {} : societyFigures(of)),
      ...(bus === "plain" || floor.length === 0 ? {} : { times_plain: rounded(median(timesPlain)) }),
    });
  }
};

const societyFigures = (of: (figure: (rate: Rates) => number) => number) => ({
  messages_per_question: of(({ messages, questions }) => messages / questions),
  messages_per_s: of(({ messages, elapsed }) => messages / elapsed),
  us_per_message: of(({ cpu, messages }) => cpu / messages),
  equivalent_per_s: of(({ equivalent, elapsed }) => equivalent / elapsed),
  equivalent_per_cpu_s: of(({ equivalent, cpu }) => (equivalent / cpu) * 1e6),
});

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "4,16" },
    seconds: { type: "string", default: "5" },
    questions: { type: "string", default: "32" },
    repeats: { type: "string", default: "3" },
    buses: { type: "string", default: buses.join(",") },
  },
});

const extent: Extent = { seconds: Number(values.seconds), questions: Number(values.questions) };
const asked = buses.filter((name) => values.buses.split(",").includes(name));
const measured = asked.filter((name) => name !== "nats" || natsServerProgram !== undefined);
if (measured.length < asked.length) {
  printNote("bus nats: not measured, no nats-server on PATH (apt-get install nats-server)");
}
if (!isGraphInstalled) printNote("langgraph: not measured (npm ci --prefix bench/langgraph)");
const programs: readonly ProgramName[] = isGraphInstalled ? ["plain", "langgraph"] : ["plain"];
for (const agents of values.agents.split(",").map(Number)) {
  await measure([...programs, ...measured], agents, extent, Number(values.repeats));
}
