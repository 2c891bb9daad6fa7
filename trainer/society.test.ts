/**
 * The PEFT worker in a real society: it trains pocket models on their accepted samples. Its adapters and its steps
 * equal those of the embedded engine.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRun } from "../cli/host/host.ts";
import { standardParts } from "../cli/host/parts.ts";
import { mergeAdapter, readAdapter } from "../pocket/engine/adapter.ts";
import { type Checkpoint, readCheckpoint } from "../pocket/engine/checkpoint.ts";
import { FloatMemory } from "../pocket/engine/kernels/float-memory.ts";
import { Network } from "../pocket/engine/network.ts";
import { readTokenizer } from "../pocket/engine/tokenizer.ts";
import { loadConfig } from "../runtime/config/config.ts";
import type { Message, MessageOf, MessageType } from "../runtime/messages.ts";
import type { TrainingBackend, TrainingOrder, TrainingStep } from "../runtime/training.ts";
import { peftTraining } from "./peft.ts";
import { pocketTraining } from "./pocket.ts";
import { PYTHON_TIMEOUT, python, pythonLack, warmPython } from "./python.fixture.ts";

const warm = await warmPython();

/** The first training starts a Python of its own; the others, and what they are compared with, have the warm one. */
const oncePlain = (folder: string): string => {
  const program = join(folder, "python");
  const first = `mkdir "${join(folder, "started")}" 2>/dev/null && exec "${python}" "$@"`;
  writeFileSync(program, `#!/bin/sh\n${first}\nexec "${warm}" "$@"\n`, { mode: 0o755 });
  return program;
};

const checkpoints = join(import.meta.dirname, "../pocket/checkpoints");
const names = ["otter", "heron"];
const never = new AbortController().signal;

/** Logits of every position, computed by the embedded engine. `[tokens, vocabulary]` */
const logitsOf = (checkpoint: Checkpoint, tokens: readonly number[]): number[][] => {
  const count = tokens.length;
  const network = new Network(new FloatMemory(), checkpoint, 1, count);
  const positions = Int32Array.from(tokens, (_, position) => position);
  const groups = [{ weights: network.pack(checkpoint), start: 0, end: count }];
  const rows = { count, tokens: Int32Array.from(tokens), positions, slots: new Int32Array(count), groups };
  network.forward({ ...rows, wanted: [...positions] });
  return tokens.map((_, position) => [...network.logits(position)]);
};

const largestGap = (
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number =>
  Math.max(
    ...expected.flatMap((row, index) =>
      row.map((logit, at) => Math.abs(logit - (found[index]?.[at] ?? Number.NaN))),
    ),
  );

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

describe.skipIf(pythonLack !== undefined)(
  "a society that the PEFT worker trains",
  { timeout: PYTHON_TIMEOUT },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-peft-society-"));
    const heard: Message[] = [];
    const orders: TrainingOrder[] = [];
    const ofType = <T extends MessageType>(type: T): MessageOf<T>[] =>
      heard.filter((message): message is MessageOf<T> => message.type === type);

    beforeAll(async () => {
      const config = loadConfig({
        env: {},
        overrides: {
          ...{ run: "test", runsFolder: folder, trainer: "peft", trainerDevices: [] },
          trainerPython: oncePlain(folder),
          models: names.map((name) => ({ name, model: name, endpoint: "pocket" })),
          ...{
            rounds: 6,
            updates: 1,
            questionsPerRound: 16,
            bufferThreshold: 16,
            trainingSlots: 1,
            rehearsalShare: 0,
          },
          ...{ anchorSize: 10, anchorTolerance: 1, trainerGradientCheckpointing: false, loraBatchSize: 8 },
        },
      });
      const parts = await standardParts(config);
      const training: TrainingBackend = {
        train: (order, ...rest) => {
          orders.push(order);
          return parts.training.train(order, ...rest);
        },
      };
      const run = await startRun(
        { config, onMessage: (message) => heard.push(message) },
        { ...parts, training },
      );
      await run.ended;
      await run.close();
    }, PYTHON_TIMEOUT);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("publishes one adapter per model, trained on the society's samples, and reports every step", () => {
      expect(ofType("agent.failed")).toEqual([]);
      expect(existsSync(join(folder, "started"))).toBe(true);
      expect(orders.map(({ job }) => job).toSorted()).toEqual(["heron@v1", "otter@v1"]);
      expect(
        ofType("adapter.published")
          .map(({ job }) => job)
          .toSorted(),
      ).toEqual(["heron@v1", "otter@v1"]);
      const settled = ofType("question.settled").flatMap(({ dossier }) => dossier.solutions);
      const said = new Set(settled.map(({ text }) => text));
      for (const { job, samples } of orders) {
        expect(samples).toHaveLength(16);
        for (const { response } of samples) expect(said).toContain(response);
        const steps = ofType("training.progressed").filter(
          (progress) => progress.job === job && progress.step > 0,
        );
        expect(steps.map(({ step, steps: all }) => [step, all])).toEqual(
          [1, 2, 3, 4].map((step) => [step, 4]),
        );
      }
      for (const { folder: adapter, loss } of ofType("adapter.published")) {
        const metrics = JSON.parse(readFileSync(join(adapter, "metrics.json"), "utf8"));
        expect(metrics.losses.at(-1)).toBe(loss);
      }
    });

    test("the adapters give the same logits in peft and in the embedded engine", () => {
      for (const { model, folder: adapter } of ofType("adapter.published")) {
        const base = join(checkpoints, model);
        const checkpoint = readCheckpoint(base);
        const merged = mergeAdapter(checkpoint, readAdapter(adapter, checkpoint.shape));
        const tokenizer = readTokenizer(base, checkpoint.shape);
        const [order] = orders.filter((given) => given.model === model);
        // Without few-shot examples: rounding errors grow with the length, also for peft in float32.
        const alone = (prompt: string): string => prompt.slice(prompt.lastIndexOf("\n") + 1);
        const sequences = (order?.samples ?? []).map(({ prompt, response }) => [
          ...[tokenizer.beginToken, ...tokenizer.encode(alone(prompt) + response), tokenizer.endToken],
        ]);
        const script = join(import.meta.dirname, "tests/adapter_logits.py");
        const asked = [script, base, adapter, JSON.stringify(sequences)];
        const { stdout, stderr } = spawnSync(warm, asked, { encoding: "utf8", maxBuffer: 2 ** 28 });
        const answers: number[][][] = stdout === "" ? [] : JSON.parse(stdout);
        expect(answers.length, stderr.slice(-2000)).toBe(sequences.length);
        // The reference is in double precision: the difference is the engine's rounding, as large as that of peft.
        const gaps = sequences.map((tokens, index) =>
          largestGap(logitsOf(merged, tokens), answers[index] ?? []),
        );
        const changes = sequences.map((tokens, index) =>
          largestGap(logitsOf(checkpoint, tokens), answers[index] ?? []),
        );
        console.log(
          `${model}: logits of ${gaps.length} samples differ by at most ${Math.max(...gaps).toExponential(1)}`,
        );
        expect(Math.max(...gaps)).toBeLessThan(1e-4);
        expect(Math.min(...changes)).toBeGreaterThan(1e-2);
      }
    });

    test("loss and gradient norm of its steps agree with the embedded engine", async () => {
      const base = join(checkpoints, "heron");
      const backends = {
        pocket: pocketTraining(new Map([["heron", base]])),
        peft: peftTraining({
          models: new Map([["heron", { base }]]),
          ...{ python: warm, devices: [], precision: "float32", gradientCheckpointing: false, microBatch: 8 },
          ...{ maxTokens: 512, checkpointEvery: 100, silenceSeconds: 240, graceSeconds: 60 },
        }),
      };
      const [trained] = ofType("adapter.published").filter(({ model }) => model === "heron");
      const [given] = orders.filter(({ model }) => model === "heron");
      if (trained === undefined || given === undefined) throw new Error("heron was not trained");
      const stepsOf = async (name: keyof typeof backends, more: Partial<TrainingOrder>) => {
        const steps: TrainingStep[] = [];
        const output = join(folder, `${name}-${more.previous ? "onward" : "fresh"}`);
        // Every step uses all samples, because the two backends order samples differently. Losses are small already:
        // full steps would overshoot.
        const whole = { batchSize: given.samples.length, epochs: 3, learningRate: given.learningRate / 4 };
        const order = { ...given, ...whole, dropout: 0, output, ...more };
        await backends[name].train(order, never, (step) => void steps.push(step));
        return steps;
      };
      for (const previous of [undefined, trained.folder]) {
        const [pocket, peft] = [await stepsOf("pocket", { previous }), await stepsOf("peft", { previous })];
        expect(peft).toHaveLength(3);
        const figures = ({ loss, gradientNorm }: TrainingStep) =>
          [loss, gradientNorm].map((x) => x.toPrecision(7));
        console.log(
          `first step, pocket and peft: ${[pocket[0], peft[0]].map((step) => step && figures(step))}`,
        );
        console.log(
          `losses: ${[pocket, peft].map((steps) => steps.map(({ loss }) => loss.toFixed(5)).join(" ")).join(" | ")}`,
        );
        expect(relative(peft[0]?.loss ?? 0, pocket[0]?.loss ?? 0)).toBeLessThan(1e-3);
        for (const steps of [pocket, peft]) expect(steps.at(-1)?.loss).toBeLessThan(steps[0]?.loss ?? 0);
        const gaps = peft.map(({ loss }, index) => relative(loss, pocket[index]?.loss ?? 0));
        if (previous === undefined) {
          // The two initialise matrices with different generators: only values that do not depend on them agree.
          expect(Math.max(...gaps)).toBeLessThan(0.5);
        } else {
          expect(relative(peft[0]?.gradientNorm ?? 0, pocket[0]?.gradientNorm ?? 0)).toBeLessThan(1e-3);
          expect(Math.max(...gaps)).toBeLessThan(1e-2);
        }
      }
    });
  },
);
