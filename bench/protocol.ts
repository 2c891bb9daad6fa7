/**
 * Measures the message path: a whole society on scripted models without delay, with its journal, over each bus, beside
 * the same protocol as one plain function (plain.ts), and as a LangGraph program without and with checkpoints if
 * `npm ci --prefix bench/langgraph` has installed it.
 *
 * Each measurement has a process of its own, with all actors in it; after a warm-up it lasts `--seconds` and `--questions`
 * settled questions, whichever takes longer. The variants take turns, `--repeats` times; figures are medians.
 *
 * Figures: settled questions and sent messages per second, the CPU time (user and system, all threads) that the
 * process spends per message and per settled question, without that of nats-server, and its ratio to the plain
 * function's. A message may carry many verdicts or ballots: `equivalent` counts those of the paper's protocol instead, in
 * which each question, solution, verdict, ballot and explanation is one message, and every other message of the run as it
 * is; per second, and per second of the process's CPU time.
 * Defaults: `--agents 4,16 --seconds 5 --questions 32 --repeats 3 --buses memory,nats`.
 */
import { parseArgs } from "node:util";
import { natsServerProgram } from "../runtime/bus/nats-server.fixture.ts";
import {
  buses,
  type Extent,
  isGraphInstalled,
  isProgram,
  type ProgramName,
  playAlone,
  type Rates,
  type Variant,
} from "./protocol-variant.ts";
import { printNote, printResult, rounded } from "./result.ts";

const perQuestion = ({ cpu, questions }: Rates): number => cpu / questions;

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** The variants take turns, so that a busy machine slows all of them. */
const measure = (variants: readonly Variant[], agents: number, extent: Extent, repeats: number) => {
  const taken = new Map<Variant, Rates[]>(variants.map((variant) => [variant, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const variant of variants) taken.get(variant)?.push(playAlone(variant, agents, extent));
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
const graphs: readonly ProgramName[] = isGraphInstalled ? ["langgraph", "langgraph-checkpoints"] : [];
const programs: readonly ProgramName[] = ["plain", ...graphs];
for (const agents of values.agents.split(",").map(Number)) {
  measure([...programs, ...measured], agents, extent, Number(values.repeats));
}
