/**
 * What a settled question costs in a scripted society of n that never errs: every solution is verified, so that the
 * paper's protocol votes on all pairs. Run as a program it measures one society, in a process of its own whose heap grows as
 * that of `agora` does: memory is its peak. Arguments: agents, questions of a round, panels as JSON.
 */
import { execFileSync } from "node:child_process";
import { growHeapSlowly } from "../cli/heap.ts";
import { type ScriptedParts, scriptedParts } from "../cli/host/scripted-society.ts";
import type { Message } from "../runtime/messages.ts";
import { createCodec } from "../runtime/wire/codec.ts";
import { type Panels, playSociety, quietly, scriptedModels } from "./growth-society.ts";

/**
 * Of a settled question; CPU time of the process, all threads [µs]; peak memory of the process [MB], and how much of it
 * came with the society, by agent [kB].
 */
export interface Cost {
  readonly calls: number;
  readonly messages: number;
  readonly bytes: number;
  readonly cpu: number;
  readonly peak: number;
  readonly memory: number;
}

/** One round to warm up, then the measured ones. */
const rounds = 3;

/** Reading the CPU time costs more than packing a message. */
const packedTogether = 256;

const cpuNow = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const measure = async (agents: number, questionsPerRound: number, panels: Panels): Promise<Cost> => {
  const codec = createCodec();
  const before = process.resourceUsage().maxRSS;
  const total = { questions: 0, messages: 0, bytes: 0, packing: 0 };
  let parts: ScriptedParts | undefined;
  let unpacked: Message[] = [];
  const pack = (): void => {
    const startedAt = cpuNow();
    for (const message of unpacked) total.bytes += codec.encode(message).byteLength;
    unpacked = [];
    total.packing += cpuNow() - startedAt;
  };
  const take = () => ({
    ...{ ...total, cpu: cpuNow() - total.packing },
    calls: parts?.scripted.reduce((sum, { calls }) => sum + calls, 0) ?? 0,
  });
  const readings: ReturnType<typeof take>[] = [];
  const models = scriptedModels(agents);
  await playSociety(
    { ...quietly, ...panels, models, questionsPerRound, rounds },
    (config) => {
      parts = scriptedParts(config);
      return parts;
    },
    (message) => {
      total.messages += 1;
      if (message.type === "question.settled") total.questions += 1;
      if (unpacked.push(message) >= packedTogether || message.type === "round.closed") pack();
      if (message.type === "round.closed") readings.push(take());
    },
  );
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) throw new Error("no round was played");
  if (last.questions === first.questions) throw new Error("no question was settled");
  const per = (figure: "calls" | "messages" | "bytes" | "cpu"): number =>
    (last[figure] - first[figure]) / (last.questions - first.questions);
  return {
    ...{ calls: per("calls"), messages: per("messages"), bytes: per("bytes"), cpu: per("cpu") },
    peak: process.resourceUsage().maxRSS / 1024,
    memory: (process.resourceUsage().maxRSS - before) / agents,
  };
};

export const costOf = (agents: number, questions: number, panels: Panels): Cost => {
  const given = [import.meta.filename, String(agents), String(questions), JSON.stringify(panels)];
  const printed = execFileSync(process.execPath, given, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(printed) as Cost;
};

/** The expected cost at a share of audits, from that without audits and that at a share of 1. */
export const mixed = (plain: Cost, audited: Cost, share: number): Cost => {
  const mean = (figure: keyof Cost): number => plain[figure] + share * (audited[figure] - plain[figure]);
  return {
    ...{ calls: mean("calls"), messages: mean("messages"), bytes: mean("bytes"), cpu: mean("cpu") },
    peak: Math.max(plain.peak, audited.peak),
    memory: Math.max(plain.memory, audited.memory),
  };
};

/** Slope of the least-squares line through (ln n, ln figure). */
export const exponentOf = (points: readonly (readonly [n: number, figure: number])[]): number => {
  const logs = points.map(([n, figure]) => [Math.log(n), Math.log(figure)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [meanX, meanY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  const covariance = mean(logs.map(([x, y]) => (x - meanX) * (y - meanY)));
  return covariance / mean(logs.map(([x]) => (x - meanX) ** 2));
};

if (import.meta.main) {
  growHeapSlowly();
  const [agents, questions, panels = "{}"] = process.argv.slice(2);
  const cost = await measure(Number(agents), Number(questions), JSON.parse(panels) as Panels);
  process.stdout.write(JSON.stringify(cost));
}
