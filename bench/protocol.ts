/**
 * Measures the message path: a whole society on scripted models without delay, with its journal, over each bus.
 *
 * Figures: settled questions and sent messages per second, and the CPU time (user and system, all threads) that
 * this process spends per message and per settled question, without that of nats-server. All actors are in
 * one process, so each message is packed, sent, unpacked, validated and heard once.
 * After a warm-up the measurement lasts `--seconds` and `--questions` settled questions, whichever takes longer.
 * Defaults: `--agents 4,16 --seconds 5 --questions 32 --buses memory,nats`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRun } from "../cli/host/host.ts";
import { scriptedParts } from "../cli/host/scripted-society.ts";
import type { Bus } from "../runtime/bus/bus.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import { connectNatsBus } from "../runtime/bus/bus-nats.ts";
import { natsServerProgram, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import { type Config, loadConfig } from "../runtime/config/config.ts";
import { printNote, printResult, rounded } from "./result.ts";

const warmUp: Extent = { seconds: 2, questions: 16 };
/** Interval between checks of the window's end [ms]. */
const pause = 20;
const buses = ["memory", "nats"] as const;
type BusName = (typeof buses)[number];

interface Extent {
  readonly seconds: number;
  readonly questions: number;
}

interface Reading {
  readonly questions: number;
  readonly messages: number;
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
  const server = await startNatsServer();
  return { bus: await connectNatsBus({ servers: server.url }), stop: () => server.stop() };
};

const readingsOf = async (config: Config, bus: Bus, extent: Extent): Promise<[Reading, Reading]> => {
  const counts = { questions: 0, messages: 0 };
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
      onMessage: ({ type }) => {
        counts.messages += 1;
        if (type === "question.settled") counts.questions += 1;
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

const measure = async (name: BusName, agents: number, extent: Extent): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-bench-"));
  const { bus, stop } = await openBus(name);
  try {
    const [first, last] = await readingsOf(configOf(folder, agents), bus, extent);
    const [questions, messages] = [last.questions - first.questions, last.messages - first.messages];
    const [cpu, elapsed] = [last.cpu - first.cpu, last.at - first.at];
    printResult("protocol", {
      bus: name,
      agents,
      questions_per_s: rounded(questions / elapsed),
      messages_per_s: rounded(messages / elapsed),
      us_per_message: rounded(cpu / messages),
      us_per_question: rounded(cpu / questions),
    });
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "4,16" },
    seconds: { type: "string", default: "5" },
    questions: { type: "string", default: "32" },
    buses: { type: "string", default: buses.join(",") },
  },
});

const extent: Extent = { seconds: Number(values.seconds), questions: Number(values.questions) };
for (const bus of buses.filter((name) => values.buses.split(",").includes(name))) {
  if (bus === "nats" && natsServerProgram === undefined) {
    printNote("bus nats: not measured, no nats-server on PATH (apt-get install nats-server)");
    continue;
  }
  for (const agents of values.agents.split(",").map(Number)) await measure(bus, agents, extent);
}
