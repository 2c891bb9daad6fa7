import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ConfigError, type ConfigInput, type ConfigSources, configSchema, loadConfig } from "./config.ts";
import { configJsonSchema, SCHEMA_FILE } from "./config-schema.ts";
import { presets } from "./presets.ts";

const CONFIGS = fileURLToPath(new URL("../../experiments/configs/", import.meta.url));
const endpoint = "http://127.0.0.1:8000/v1";
const pair: NonNullable<ConfigInput["models"]> = [
  { name: "a", model: "one", endpoint },
  { name: "b", model: "two", endpoint },
];
const quiet: ConfigSources = { env: {}, checkpoints: [] };
const paper = (overrides: ConfigInput = {}, sources: ConfigSources = {}) =>
  loadConfig({ ...quiet, ...sources, overrides: { preset: "paper", models: pair, ...overrides } });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (text: string): string => {
  const file = join(folder, "run.yaml");
  writeFileSync(file, text);
  return file;
};
const failureOf = (sources: ConfigSources): ConfigError => {
  try {
    loadConfig({ ...quiet, ...sources });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("no ConfigError was thrown");
};
const flagged = (...flags: string[]) => failureOf({ flags });

describe("layers", () => {
  test("the paper's constants are the paper preset's values", () => {
    expect(paper()).toMatchObject({
      temperature: 0.6,
      topP: 0.95,
      exemplars: 3,
      difficultyStart: 1,
      difficultyRate: 0.05,
      bufferThreshold: 1024,
      loraRank: 16,
      loraAlpha: 32,
      loraDropout: 0.05,
      loraFrom: "adapter",
    });
  });

  test("all components are on by default", () => {
    const { validVote, lora, qualityVote, eliteIcl, randomQGen, difficultyControl, externalAnchor } = paper();
    const { explanation, dynamicStrategy, fem, ratingMute } = paper();
    const components = [
      validVote,
      lora,
      qualityVote,
      eliteIcl,
      randomQGen,
      difficultyControl,
      externalAnchor,
    ];
    expect([...components, explanation, dynamicStrategy, fem, ratingMute]).not.toContain(false);
  });

  test("the pocket preset is the default and holds four models", () => {
    const config = loadConfig(quiet);
    expect(config.preset).toBe("pocket");
    expect(config.models).toHaveLength(4);
    expect(config.bufferThreshold).toBe(presets.pocket.bufferThreshold);
  });

  test("flags override the file, and the file overrides the preset", () => {
    const file = fileOf("questionsPerRound: 7\nrounds: 9\n");
    const config = loadConfig({ ...quiet, file, flags: ["rounds=11", "lora=false", "loraTargets=[q_proj]"] });
    expect(config).toMatchObject({ questionsPerRound: 7, rounds: 11, lora: false, loraTargets: ["q_proj"] });
    expect(config.pack).toBe("pocket");
  });

  test("overrides of the caller override flags", () => {
    const config = loadConfig({ ...quiet, flags: ["rounds=11"], overrides: { rounds: 2 } });
    expect(config.rounds).toBe(2);
  });

  test("an empty file changes nothing", () => {
    expect(loadConfig({ ...quiet, file: fileOf("# nothing yet\n") }).preset).toBe("pocket");
  });

  test("a run without a name is named after the time", () => {
    const now = new Date(2026, 2, 1, 14, 20, 7);
    expect(loadConfig({ ...quiet, now }).run).toBe("2026-03-01_142007");
    expect(loadConfig({ ...quiet, flags: ["run=trial"] }).run).toBe("trial");
  });

  test("NATS_URL is the default server", () => {
    const env = { NATS_URL: "nats://127.0.0.1:4222" };
    expect(loadConfig({ ...quiet, env }).nats).toBe(env.NATS_URL);
    expect(loadConfig({ ...quiet, env, flags: ["nats=other:4222"] }).nats).toBe("other:4222");
    expect(loadConfig(quiet).nats).toBeUndefined();
  });
});

describe("a ConfigError names the key and the fix for", () => {
  test("an unknown key, and suggests a similar one", () => {
    const error = flagged("rouns=3");
    expect(error).toMatchObject({ code: "AGORA_CONFIG", key: "rouns", fix: 'did you mean "rounds"?' });
  });

  test("an unknown key that resembles none, and says where all stand", () => {
    const error = flagged("foo=1");
    expect(error).toMatchObject({
      key: "foo",
      expected: "a key that docs/configuration.md lists",
      fix: "remove it",
    });
  });

  test.each(["__proto__", "constructor", "toString"])("the unknown key %s, of a model too", (name) => {
    const nested = flagged(`models=[{name: a, model: x, ${name}: {b: 1}}]`);
    expect(nested.message).toMatch(`models[0].${name}: unknown key`);
    expect(flagged(`${name}=1`).message).toMatch(`${name}: unknown key`);
    expect(failureOf({ file: fileOf(`${name}: 1\n`) }).message).toMatch(`${name}: unknown key`);
  });

  test("an unknown key of a model", () => {
    const error = flagged("models=[{name: a, model: x}, {name: b, model: y, endpont: pocket}]");
    expect(error).toMatchObject({ key: "models[1].endpont", fix: 'did you mean "endpoint"?' });
  });

  test.each(["localhost:8000/v1", "ftp://localhost/v1", "x", ""])("the endpoint %j", (given) => {
    const models = [{ name: "a", model: "one", endpoint: given }];
    expect(failureOf({ overrides: { models } })).toMatchObject({
      key: "models[0].endpoint",
      expected: '"pocket" or the http(s) URL of an OpenAI-compatible endpoint, including /v1',
    });
  });

  test.each([
    ["rounds=many", "rounds", "number"],
    ["rounds=1.5", "rounds", "int"],
    ["bufferThreshold=0", "bufferThreshold", "number to be >=1"],
    ["preset=poket", "preset", 'one of "paper"|"pocket"'],
    ["topP=0", "topP", "number to be >0"],
    ["lora=perhaps", "lora", "boolean"],
    ["nats=nowhere", "nats", "a URL such as nats://127.0.0.1:4222"],
    ["run=a.b", "run", "1 to 64 letters, digits, hyphens or underscores"],
    ['options={"a b": {x: 1}}', "options.a b", "1 to 64 letters, digits, hyphens or underscores"],
    ["loraTargets=[]", "loraTargets", "array to have >=1 items"],
  ])("%s", (flag, key, expected) => {
    const error = flagged(flag);
    expect(error.problems).toHaveLength(1);
    expect(error).toMatchObject({ key, expected });
    expect(error.message).toContain("Fix: ");
  });

  test("every problem at once, one line each", () => {
    const error = flagged("rounds=0", "lora=7", "sed=1");
    expect(error.problems.map((problem) => problem.key).sort()).toEqual(["lora", "rounds", "sed"]);
    expect(error.message.split("\n")).toHaveLength(3);
  });

  test("a time that no timer holds", () => {
    for (const key of ["callTimeoutSeconds", "phaseTimeoutSeconds", "trainerSilenceSeconds"])
      expect(flagged(`${key}=1e7`).message).toContain("2000000");
    expect(paper({ phaseTimeoutSeconds: 2_000_000 }).phaseTimeoutSeconds).toBe(2_000_000);
  });

  test("a group of none; one model is a group", () => {
    expect(failureOf({ overrides: { models: [] } }).message).toContain("no models; expected at least one");
    expect(loadConfig({ overrides: { models: pair.slice(0, 1) }, env: {} }).models).toHaveLength(1);
  });

  test("rounds that overlap although each waits for the training of the one before", () => {
    expect(flagged("trainAfter=round", "overlap=0.5")).toMatchObject({ key: "overlap" });
    expect(loadConfig({ flags: ["trainAfter=round"], env: {} }).trainAfter).toBe("round");
  });

  test("the paper preset without models", () => {
    expect(flagged("preset=paper")).toMatchObject({ key: "models" });
  });

  test("two models with the same name", () => {
    const error = failureOf({ overrides: { models: [...pair, ...pair.slice(1)] } });
    expect(error).toMatchObject({ key: "models[2].name", fix: 'rename one of them, for example to "b3"' });
  });

  test("a missing pocket checkpoint", () => {
    const models = ["ant", "bea"].map((name) => ({ name, model: name, endpoint: "pocket" }));
    const error = failureOf({ checkpoints: ["ant", "bee"], overrides: { models } });
    expect(error).toMatchObject({ key: "models[1].model", fix: 'did you mean "bee"?' });
    expect(loadConfig({ ...quiet, overrides: { models } }).models).toHaveLength(2);
  });

  test("an API key whose variable is unset, without showing a value", () => {
    const models = [...pair, { name: "c", model: "x", endpoint, apiKeyEnv: "SOME_KEY" }];
    expect(failureOf({ overrides: { models } })).toMatchObject({ key: "models[2].apiKeyEnv" });
    expect(loadConfig({ ...quiet, env: { SOME_KEY: "secret" }, overrides: { models } }).models).toHaveLength(
      3,
    );
    const pasted = models.map((model) => ({ ...model, apiKeyEnv: "sk-secret" }));
    expect(failureOf({ overrides: { models: pasted } }).message).not.toContain("sk-secret");
  });

  test.each([
    [{ difficultyMin: 5 }, "difficultyMin"],
    [{ difficultyStart: 7 }, "difficultyStart"],
    [{ targetStart: 0.95 }, "targetStart"],
    [{ phaseTimeoutSeconds: 1 }, "callTimeoutSeconds"],
    [{ eliteCount: 3 }, "eliteCount"],
  ] satisfies [ConfigInput, string][])("a lower bound above its upper bound: %o", (overrides, key) => {
    expect(failureOf({ overrides: { preset: "paper", models: pair, ...overrides } }).key).toBe(key);
  });

  test("exemplars without elite history are allowed", () => {
    expect(paper({ eliteIcl: false, exemplars: 3 }).exemplars).toBe(3);
  });

  test("a file that is missing, with what names it", () => {
    const file = join(folder, "none.yaml");
    const problem = `${file}: cannot be read (ENOENT: no such file or directory)`;
    expect(failureOf({ file })).toMatchObject({ problem, fix: "correct the path given to --config" });
    expect(failureOf({ file, fileFrom: "agora up" }).fix).toBe("correct the path given to agora up");
    expect(failureOf({ file: folder }).problem).toContain("cannot be read (EISDIR: ");
  });

  test("a file that is missing, not YAML or not a mapping", () => {
    expect(failureOf({ file: join(folder, "none.yaml") }).message).toContain("cannot be read");
    expect(failureOf({ file: fileOf("rounds: [1\n") }).message).toContain("is not plain YAML");
    expect(failureOf({ file: fileOf("- rounds\n") }).message).toContain("holds no keys");
    expect(flagged("rounds").message).toContain("expected key=value");
  });
});

describe("documentation", () => {
  test("every key has a description", () => {
    const undescribed = Object.entries(configSchema.shape).filter(([, schema]) => !schema.description);
    expect(undescribed.map(([key]) => key)).toEqual([]);
  });

  test("the committed JSON Schema matches the keys (`npm run reference` writes it)", () => {
    expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(configJsonSchema());
  });

  const files = readdirSync(CONFIGS).filter((file) => file.endsWith(".yaml"));
  test.each(files)("%s loads and names its schema", (file) => {
    expect(() => loadConfig({ env: {}, file: join(CONFIGS, file) })).not.toThrow();
    const firstLine = readFileSync(join(CONFIGS, file), "utf8").split("\n")[0];
    expect(firstLine).toBe("# yaml-language-server: $schema=./config.schema.json");
  });
});

describe("a problem in a file is reported with its place:", () => {
  const lineOf = (text: string): string => failureOf({ file: fileOf(text) }).message;

  test("file, line and column of the key, in lists too", () => {
    const text =
      "rounds: 20\nmodels:\n  - { name: a, model: one }\n  - name: b\n    model: two\n    endpoint: nowhere\n";
    expect(lineOf(text)).toContain(`${join(folder, "run.yaml")}:6:5: models[1].endpoint: `);
    expect(lineOf("rounds: 20\nround: 3\n")).toMatch(/run\.yaml:2:1: round: unknown key/);
  });

  test("a key that is missing is placed at the entry that lacks it", () => {
    expect(lineOf("models:\n  - { name: a }\n")).toMatch(/run\.yaml:2:5: models\[0\]\.model: missing/);
  });

  test("what no single key can say is placed too", () => {
    const text = "difficultyMin: 5\ndifficultyStart: 2\n";
    expect(lineOf(text)).toMatch(/run\.yaml:1:1: difficultyMin: 5 is above/);
  });

  test("broken syntax", () => {
    expect(lineOf("rounds: 20\nmodels: [a\n")).toMatch(/run\.yaml:3:1: is not plain YAML \(.*\)/);
  });

  test("a custom tag and an alias without its anchor, in a file and in a flag", () => {
    const warn = vi.spyOn(process, "emitWarning");
    expect(lineOf("rounds: 20\nseed: !custom 3\n")).toMatch(
      /run\.yaml:2:7: is not plain YAML \(Unresolved tag: !custom\)/,
    );
    expect(lineOf("rounds: *most\n")).toMatch(
      /run\.yaml:1:9: is not plain YAML \(Unresolved alias: \*most\)/,
    );
    expect(flagged("seed=!custom 3").message).toMatch(/^--set seed=!custom 3: is not plain YAML/);
    expect(flagged("seed=*most").message).toMatch(/^--set seed=\*most: is not plain YAML/);
    expect(warn).not.toHaveBeenCalled();
  });

  test("a flag that overrides the file is not blamed on the file", () => {
    const { message } = failureOf({ file: fileOf("rounds: 20\n"), flags: ["rounds=-1"] });
    expect(message).toMatch(/^rounds: -1 does not fit/);
  });
});
