/** EleutherAI's lm-eval measures an embedded model through `serve-pocket`, where `.ci/servers` installs it. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { Limiter } from "../../runtime/model/limiter.ts";
import { openaiModel } from "../../runtime/model/openai-model.ts";
import { PYTHON_TIMEOUT, python, pythonLack } from "../../trainer/python.fixture.ts";
import { servePocket } from "./serve.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
/** Folder of lm-eval's packages, beside those of the trainer. */
const packages = process.env.AGORA_LMEVAL;
const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes("lmeval");
const lack = packages === undefined ? ".ci/servers installs lm-eval and sets AGORA_LMEVAL" : pythonLack;
const skipped = lack !== undefined && !required;

interface Chain {
  readonly question: string;
  readonly answer: number;
}

const chains: Chain[] = readFileSync(join(root, "experiments/lm-eval/chains.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

const served = async () => {
  const folder = join(POCKET_FOLDER, "wren");
  const server = await servePocket({ models: [{ name: "wren", folder }], port: 0 });
  onTestFinished(() => server.close());
  return { folder, endpoint: `${server.url}/v1` };
};

/** The share of chains whose last digit our own client finds the likeliest of ten. */
const ownAccuracy = async (endpoint: string): Promise<number> => {
  const model = openaiModel({
    name: "wren",
    model: "wren",
    endpoint,
    limiter: new Limiter(),
    timeoutSeconds: 60,
  });
  const scoreOf = async (prompt: string, digit: number): Promise<number> => {
    const call = { role: "solver", form: "score", prompt: `${prompt}=${digit}` } as const;
    const sampling = { temperature: 0, topP: 1, maxTokens: 1 };
    const { scores = [] } = await model.complete({ ...call, ...sampling }, new AbortController().signal);
    const answered = scores.filter(({ offset }) => offset >= prompt.length);
    return answered.reduce((sum, { logprob = Number.NaN }) => sum + logprob, 0);
  };
  let right = 0;
  for (const { question, answer } of chains) {
    const prompt = `${question}?${question}`;
    const scores = await Promise.all(Array.from({ length: 10 }, (_, digit) => scoreOf(prompt, digit)));
    if (scores.indexOf(Math.max(...scores)) === answer) right += 1;
  }
  return right / chains.length;
};

/** The accuracy in the file that lm-eval writes. */
const accuracyIn = (folder: string): number => {
  const [file = ""] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    /results_.*\.json$/.test(path),
  );
  return JSON.parse(readFileSync(join(folder, file), "utf8")).results.pocket_chains["acc,none"];
};

describe.skipIf(skipped)(`lm-eval${skipped ? ` (skipped: ${lack})` : ""}`, () => {
  test("gets the accuracy that our own client gets from the same server", {
    timeout: PYTHON_TIMEOUT,
  }, async () => {
    const { folder, endpoint } = await served();
    const output = mkdtempSync(join(tmpdir(), "agora-lm-eval-"));
    onTestFinished(() => rmSync(output, { recursive: true, force: true }));
    const model = [
      ...["model=wren", `base_url=${endpoint}/completions`, `tokenizer=${folder}`],
      ...["max_length=512", "add_bos_token=True"],
    ];
    await run(
      python,
      [
        ...["-m", "lm_eval", "run", "--model", "local-completions", "--tasks", "pocket_chains"],
        ...[
          "--include_path",
          "experiments/lm-eval",
          "--model_args",
          model.join(","),
          "--output_path",
          output,
        ],
      ],
      {
        ...{ cwd: root, maxBuffer: 2 ** 26 },
        env: { ...process.env, PYTHONPATH: packages, HF_HOME: join(output, "hub"), HF_HUB_OFFLINE: "1" },
      },
    );
    const accuracy = accuracyIn(output);
    expect(accuracy).toBeCloseTo(await ownAccuracy(endpoint), 6);
    console.log(`lm-eval: ${(100 * accuracy).toFixed(0)} % of ${chains.length} chains`);
  });
});
