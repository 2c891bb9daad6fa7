/** The supervision of a worker. The workers here are Node scripts that start fast and fail in every way. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { TrainingOrder } from "../runtime/training.ts";
import { peftTraining } from "./peft.ts";
import { workFolder } from "./worker-job.ts";

const folder = mkdtempSync(join(tmpdir(), "agora-worker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
let orders = 0;
const orderOf = (more: Partial<TrainingOrder> = {}): TrainingOrder => ({
  ...{
    job: "ant@v1",
    model: "ant",
    previous: undefined,
    samples: [{ system: "be brief", prompt: "a\u2028?", response: "b" }],
  },
  ...{ rank: 4, alpha: 8, dropout: 0, targets: ["q_proj"], learningRate: 0.1, epochs: 1, batchSize: 1 },
  ...{ seed: 1, slot: 0, output: join(folder, `v${orders++}`) },
  ...more,
});

/** Scripts can use `say`, `write` (the adapter) and `forever`; the job is the last argument. */
const prelude = `
  const { mkdirSync, readFileSync, writeFileSync } = await import("node:fs");
  const job = JSON.parse(readFileSync(process.argv.at(-1), "utf8"));
  const say = (line) => process.stdout.write(typeof line === "string" ? line + "\\n" : JSON.stringify(line) + "\\n");
  const write = () => {
    mkdirSync(job.output);
    writeFileSync(job.output + "/adapter_model.safetensors", "weights");
  };
  const done = (losses = [2, 1]) => say({ type: "done", output: job.output, metrics: { losses } });
  const step = (step) => say({ type: "step", step, steps: 2, loss: 3 - step, gradient_norm: 1,
    learning_rate: 1, tokens_per_second: 5, memory: 6, seconds: 1 });
  const forever = setInterval(() => {}, 1000);
`;
const backendOf = (script: string, more: object = {}) =>
  peftTraining({
    models: new Map([["ant", { base: "base", templateOptions: { enable_thinking: false } }]]),
    ...{ python: process.execPath, devices: [], precision: "auto", gradientCheckpointing: true },
    ...{ microBatch: 2, maxTokens: 64, checkpointEvery: 5, silenceSeconds: 20, graceSeconds: 20 },
    program: ["--input-type=module", "-e", `${prelude}${script}`, "--"],
    ...more,
  });
const training = (script: string, more: object = {}, order = orderOf(), signal = never) =>
  backendOf(script, more).train(order, signal, () => {});

describe("a worker", () => {
  test("gets the job and its samples in chat form; both are removed when it is done", async () => {
    const order = orderOf({ previous: "/adapters/v0" });
    const steps: number[] = [];
    const keep = `writeFileSync(job.output + ".seen", JSON.stringify([job, readFileSync(job.samples, "utf8")]));`;
    const script = `${keep} step(1); step(2); write(); done(); clearInterval(forever);`;
    const adapter = await backendOf(script).train(order, never, ({ loss }) => void steps.push(loss));
    expect(adapter).toEqual({ folder: order.output, loss: 1 });
    expect(steps).toEqual([2, 1]);
    const [job, samples] = JSON.parse(readFileSync(`${order.output}.seen`, "utf8"));
    expect(job).toMatchObject({
      ...{ base: "base", previous: "/adapters/v0", rank: 4, alpha: 8, targets: ["q_proj"], batch_size: 1 },
      ...{ micro_batch: 2, max_tokens: 64, checkpoint_every: 5, precision: "auto" },
      ...{ template_options: { enable_thinking: false }, trust_remote_code: false },
    });
    expect(
      samples
        .split("\n")
        .filter(Boolean)
        .map(JSON.parse as (line: string) => unknown),
    ).toEqual([
      {
        messages: [
          { role: "system", content: "be brief" },
          { role: "user", content: "a\u2028?" },
          { role: "assistant", content: "b" },
        ],
      },
    ]);
    expect(existsSync(workFolder(order.output))).toBe(false);
  });

  test("gets no secrets, but what a gated base model needs", async () => {
    const given = {
      OPENAI_API_KEY: "k",
      NATS_URL: "nats://a:b@c",
      DB_PASSWORD: "p",
      MINE: "m",
      HF_TOKEN: "h",
    };
    for (const [name, value] of Object.entries({ ...given, HF_HOME: "/models", TOKENIZERS_PARALLELISM: "0" }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const order = orderOf();
    const script = `writeFileSync(job.output + ".seen", JSON.stringify(process.env)); write(); done(); clearInterval(forever);`;
    await training(script, { secrets: ["MINE"] }, order);
    const seen = JSON.parse(readFileSync(`${order.output}.seen`, "utf8"));
    expect(seen).toMatchObject({
      HF_TOKEN: "h",
      HF_HOME: "/models",
      TOKENIZERS_PARALLELISM: "0",
      PATH: process.env.PATH,
    });
    for (const name of ["OPENAI_API_KEY", "NATS_URL", "DB_PASSWORD", "MINE"])
      expect(seen).not.toHaveProperty(name);
  });

  test("sees only the device of its slot", async () => {
    const script = `writeFileSync(job.output + ".seen", process.env.CUDA_VISIBLE_DEVICES); write(); done(); clearInterval(forever);`;
    const seen = async (devices: readonly string[], slot: number): Promise<string> => {
      const order = orderOf({ slot });
      await training(script, { devices }, order);
      return readFileSync(`${order.output}.seen`, "utf8");
    };
    expect(await Promise.all([seen([], 0), seen(["GPU-a", "GPU-b"], 1)])).toEqual(["", "GPU-b"]);
    expect([backendOf("", { devices: ["GPU-a", "GPU-b"] }).slots, backendOf("").slots]).toEqual([
      2,
      undefined,
    ]);
  });

  const outcomes: [string, string, string, boolean, RegExp, object?][] = [
    ["exits without output", "process.exit(3)", "worker-ended", false, /ended with status 3; its log is/],
    [
      "exits with a message on stderr",
      `console.error("first"); console.error("CUDA error: device lost"); process.exit(1)`,
      ...(["worker-ended", false, /ended with status 1 \(CUDA error: device lost\)/] as const),
    ],
    ["is killed", `process.kill(process.pid, "SIGKILL")`, "worker-ended", false, /was killed by SIGKILL/],
    ["reports done without an adapter", "done(); clearInterval(forever)", "worker-ended", false, /status 0/],
    [
      "writes a line that is not JSON",
      `say("Loading weights: 100%")`,
      "worker-garbled",
      false,
      /Loading weights/,
    ],
    ["writes a line of unknown type", `say({ type: "epoch" })`, "worker-garbled", false, /an unknown line/],
    ["reports a loss of NaN", `say('{"type":"step","loss":NaN}')`, "worker-garbled", false, /NaN/],
    ["writes nothing", "", "worker-silent", false, /wrote nothing for 0.3 s/, { silenceSeconds: 0.3 }],
    [
      "writes nothing and ignores SIGTERM",
      `process.on("SIGTERM", () => {}); step(1)`,
      ...(["worker-silent", false, /wrote nothing for 1 s/] as const),
      { silenceSeconds: 1, graceSeconds: 0.2 },
    ],
    [
      "refuses its job",
      `say({ type: "error", code: "base-missing", problem: "no checkpoint at base", fix: "give one" }); process.exit(3)`,
      ...(["base-missing", true, /^no checkpoint at base. Fix: give one.$/] as const),
    ],
    [
      "reports a full disk",
      `say({ type: "error", code: "disk-full", problem: "full", fix: "free space" }); process.exit(6)`,
      ...(["disk-full", false, /free space/] as const),
    ],
    [
      "stops without a request",
      `say({ type: "stopped" }); process.exit(75)`,
      "worker-ended",
      false,
      /asked to stop/,
    ],
  ];
  test.each(outcomes)("a worker that %s", async (_, script, code, permanent, message, more = {}) => {
    const order = orderOf();
    const failure = expect(training(script, more, order)).rejects;
    await failure.toMatchObject({ code, permanent, message: expect.stringMatching(message) });
    expect(existsSync(order.output)).toBe(false);
  });

  test("a worker that cannot be started is a permanent failure with the fix", async () => {
    await expect(training("", { python: "/nowhere/python" })).rejects.toMatchObject({
      ...{ code: "worker-unstartable", permanent: true, message: expect.stringContaining("trainerPython") },
    });
  });

  test("a worker that finishes although it was asked to stop counts as finished", async () => {
    const controller = new AbortController();
    const order = orderOf();
    const script = `process.on("SIGTERM", () => { write(); done([4]); clearInterval(forever); }); step(1);`;
    const stopping = backendOf(script).train(order, controller.signal, () => controller.abort());
    expect(await stopping).toEqual({ folder: order.output, loss: 4 });
  });

  test("a worker that is asked to stop keeps its slot until its process ends", async () => {
    const controller = new AbortController();
    const [first, second] = [orderOf(), orderOf()];
    const note = join(folder, "noted");
    const script = `
      const { appendFileSync } = await import("node:fs");
      const note = (word) => appendFileSync(${JSON.stringify(note)}, word + " ");
      if (job.output === ${JSON.stringify(second.output)}) {
        note("second"); write(); done(); clearInterval(forever);
      } else {
        process.on("SIGTERM", () => setTimeout(() => { note("first"); process.exit(75); }, 200));
        step(1);
      }`;
    const backend = backendOf(script);
    const stopping = backend.train(first, controller.signal, () => controller.abort(new Error("enough")));
    const next = backend.train(second, never, () => {});
    await expect(stopping).rejects.toThrow("enough");
    await next;
    expect(readFileSync(note, "utf8")).toBe("first second ");
  });

  test("notices when its parent dies", async () => {
    const script = `
      process.stdin.resume().on("end", () => { writeFileSync(job.output + ".orphaned", ""); process.exit(75); });
      step(1);`;
    const order = orderOf();
    const parent = `
      import { peftTraining } from ${JSON.stringify(join(import.meta.dirname, "peft.ts"))};
      const options = JSON.parse(process.argv.at(-1));
      const backend = peftTraining({ ...options, models: new Map([["ant", { base: "base" }]]) });
      await backend.train(${JSON.stringify(order)}, new AbortController().signal, () => process.kill(process.pid, "SIGKILL"));`;
    const options = JSON.stringify({
      ...{ python: process.execPath, devices: [], silenceSeconds: 20, graceSeconds: 20 },
      program: ["--input-type=module", "-e", `${prelude}${script}`, "--"],
    });
    const { spawnSync } = await import("node:child_process");
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", parent, "--", options]);
    expect(signal).toBe("SIGKILL");
    while (!existsSync(`${order.output}.orphaned`)) await sleep(20);
  });
});

describe("an adapter that is already on disk", () => {
  const finished = (hash?: string): TrainingOrder => {
    const order = orderOf();
    mkdirSync(order.output);
    mkdirSync(workFolder(order.output));
    writeFileSync(join(order.output, "adapter_model.safetensors"), "weights");
    const hashes = JSON.stringify({ "adapter_model.safetensors": hash });
    if (hash) writeFileSync(join(order.output, "hashes.json"), hashes);
    return order;
  };
  const sha256 = "9d9f3a19ee8a2f70c5ed7d5cf1a6c5dc5c8c7d0e5d9a2ec8b2e1c2a7c6a6a9b1";

  test("is used, and its worker's files are removed", async () => {
    const order = finished();
    expect(await training("process.exit(1)", {}, order)).toEqual({ folder: order.output, loss: undefined });
    expect(existsSync(workFolder(order.output))).toBe(false);
  });

  test("is refused if its hashes differ", async () => {
    await expect(training("", {}, finished(sha256))).rejects.toMatchObject({
      ...{ code: "output-corrupt", permanent: true },
      message: expect.stringContaining("remove the folder"),
    });
  });
});
