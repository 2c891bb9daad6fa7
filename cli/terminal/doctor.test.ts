import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { CHECKPOINT_FILES } from "../../runtime/config/checkpoints.ts";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import {
  type FixtureOptions,
  type FixtureReplies,
  type FixtureReply,
  type ModelFixture,
  startModelFixture,
} from "../../runtime/model/model-server.fixture.ts";
import { type Check, type Diagnosis, diagnose } from "./doctor.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-doctor-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = "sk-very-secret";
const env = { SOME_KEY: KEY };
const membersAt = (endpoint: string, ids: readonly string[], apiKeyEnv?: string) =>
  ids.map((model, index) => ({
    name: `m${index}`,
    model,
    endpoint,
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
  }));
const findings = async (overrides: ConfigInput, given: Diagnosis = {}): Promise<Check[]> => {
  // The Python trainer has its own test.
  const runs = { runsFolder: join(folder, "runs"), trainer: "pocket" } as const;
  const config = loadConfig({ env, checkpoints: [], overrides: { ...runs, ...overrides } });
  return diagnose(config, { env, checkpointsFolder: join(folder, "checkpoints"), ...given });
};
const named = (checks: readonly Check[], name: string): Check => {
  const found = checks.find((check) => check.name.startsWith(name));
  if (found === undefined) throw new Error(`no check named ${name}`);
  return found;
};
const writeCheckpoint = (name: string): string => {
  const path = join(folder, "checkpoints", name);
  mkdirSync(path, { recursive: true });
  for (const file of CHECKPOINT_FILES) writeFileSync(join(path, file), "{}");
  const header = Buffer.from('{"w":{}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(path, "model.safetensors"), Buffer.concat([length, header]));
  return path;
};

describe("this machine", () => {
  test("Node, SQLite, disk and runs folder pass here", async () => {
    const checks = await findings({});
    for (const name of ["node", "sqlite", "disk", "runs folder"]) {
      expect(named(checks, name)).toMatchObject({ ok: true, fix: "" });
    }
    expect(checks.some(({ name }) => name === "nats")).toBe(false);
  });

  test("an older Node is refused with the fix", async () => {
    const check = named(await findings({}, { nodeVersion: "22.1.0" }), "node");
    expect(check).toMatchObject({ ok: false, detail: "22.1.0 is older than 24" });
    expect(check.fix).toContain("Node 24");
  });

  test("a runs folder that cannot be made", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "in the way");
    const check = named(await findings({ runsFolder: join(file, "runs") }), "runs folder");
    expect(check).toMatchObject({ ok: false, detail: `${file} is not writable` });
  });

  test("pocket checkpoints: whole, absent, cut off", async () => {
    writeCheckpoint("ant");
    writeFileSync(join(writeCheckpoint("bee"), "model.safetensors"), "cut");
    const checks = await findings({ models: membersAt("pocket", ["ant", "bee", "owl"]) });
    expect(named(checks, "pocket ant").ok).toBe(true);
    expect(named(checks, "pocket bee").ok).toBe(false);
    expect(named(checks, "pocket owl").fix).toContain("npm run pretrain -- owl");
  });
});

describe("NATS", () => {
  test("a server that does not answer", async () => {
    const check = named(await findings({ nats: "nats://user:hidden@127.0.0.1:9" }), "nats");
    expect(check.ok).toBe(false);
    expect(check.fix).toContain("nats-server -c nats.conf");
    expect(JSON.stringify(check)).not.toContain("hidden");
  });

  test.skipIf(skipNats)(`a server that answers${natsNote}`, async () => {
    const server = await startNatsServer();
    try {
      expect(named(await findings({ nats: server.url }), "nats")).toMatchObject({ ok: true });
    } finally {
      await server.stop();
    }
  });
});

/** Supports every capability. */
const capable: FixtureReply = { text: '{"answer": "5"}', logprobs: true };
const cautious = { systemRole: false, choices: false, structured: false, logprobs: false, adapters: false };

describe("endpoints", () => {
  let fixture: ModelFixture;
  const fixtures: ModelFixture[] = [];
  afterEach(() => Promise.all(fixtures.splice(0).map((each) => each.stop())));
  const start = async (options: FixtureOptions = {}, replies: FixtureReplies = () => capable) => {
    fixture = await startModelFixture(replies, { model: "llama", ...options });
    fixtures.push(fixture);
    return fixture.endpoint;
  };

  test("a served model, one that is not, and adapters", async () => {
    const models = membersAt(await start(), ["llama", "lama"]);
    const checks = await findings({ models });
    expect(named(checks, "endpoint").ok).toBe(true);
    expect(named(checks, "model m0").ok).toBe(true);
    expect(named(checks, "model m1")).toMatchObject({ ok: false });
    expect(named(checks, "model m1").detail).toContain("llama");
    expect(named(checks, "adapters").ok).toBe(true);
    expect(fixture.adapters()).toEqual([]);
  });

  test("an endpoint that shares its GPU with training must be able to sleep", async () => {
    const shared = (endpoint: string) =>
      membersAt(endpoint, ["llama", "llama"]).map((member) => ({ ...member, sharesSlots: [0] }));
    const able = await findings({ models: shared(await start()) });
    expect(named(able, "sleep").ok).toBe(true);
    await fixture.stop();
    const unable = await findings({ models: shared(await start({ sleepy: false })) });
    expect(named(unable, "sleep")).toMatchObject({ ok: false, detail: expect.stringContaining("HTTP 404") });
    expect(named(unable, "sleep").fix).toContain("--enable-sleep-mode");
  });

  test("an endpoint without adapters fails only if lora is on", async () => {
    const models = membersAt(await start({ adaptable: false }), ["llama", "llama"]);
    expect(named(await findings({ models }), "adapters").fix).toContain("--enable-lora");
    const without = await findings({ models, lora: false });
    expect(without.every(({ ok }) => ok)).toBe(true);
  });

  const probed = async (
    reply: FixtureReplies,
    declared: object,
    options: FixtureOptions = {},
    more: ConfigInput = {},
  ) => {
    const endpoint = await start(options, reply);
    const models = ["m0", "m1"].map((name) => ({ name, model: "llama", endpoint, ...declared }));
    const unmeasured = { externalAnchor: false, gate: false };
    return findings({ preset: "paper", models, lora: false, ...unmeasured, ...more });
  };

  test("declared and supported capabilities pass", async () => {
    const checks = await probed(
      () => capable,
      { structured: true, logprobs: true, contextLength: 4096 },
      { contextLength: 8192 },
    );
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    for (const key of [
      "chat",
      "thinking",
      "systemRole",
      "choices",
      "structured",
      "logprobs",
      "contextLength",
    ])
      expect(named(checks, `m1 ${key}`).fix).toBe("");
  });

  test("a supported but undeclared capability is mentioned with its key", async () => {
    const checks = await probed(() => capable, cautious, { contextLength: 8192 });
    expect(checks.every(({ ok }) => ok)).toBe(true);
    for (const key of ["systemRole", "choices", "structured", "logprobs"])
      expect(named(checks, `m0 ${key}`).detail).toContain(`${key}: true would use it`);
    expect(named(checks, "m0 contextLength").detail).toContain("contextLength: 8192 would fit");
  });

  test("a declared but unsupported capability fails with the key to set", async () => {
    const bare: FixtureReplies = ({ messages, response_format }) => {
      if (messages.some(({ role }) => role === "system")) return { fail: 400 };
      return { text: response_format ? "five" : "5", ignoresN: true };
    };
    const declared = { structured: true, logprobs: true, contextLength: 9000 };
    const checks = await probed(bare, declared, { contextLength: 8192 });
    expect(named(checks, "m0 chat").ok).toBe(true);
    expect(named(checks, "m0 systemRole")).toMatchObject({ ok: false, fix: "set systemRole: false for m0" });
    expect(named(checks, "m0 systemRole").detail).toContain("HTTP 400");
    expect(named(checks, "m1 choices")).toMatchObject({ ok: false, fix: "set choices: false for m1" });
    expect(named(checks, "m1 structured")).toMatchObject({ ok: false, fix: "set structured: false for m1" });
    expect(named(checks, "m1 logprobs")).toMatchObject({ ok: false, fix: "set logprobs: false for m1" });
    expect(named(checks, "m0 contextLength").fix).toContain("set contextLength: 8192 for m0");
    const modest = await probed(bare, cautious);
    expect(modest.every(({ ok }) => ok)).toBe(true);
  });

  test("as many choices are asked for at once as a run asks for: some servers have few slots", async () => {
    const slots: FixtureReplies = ({ n = 1 }) => (n > 2 ? { fail: 400 } : capable);
    const [few, many] = [await probed(slots, {}, {}, { questionsPerRound: 2 }), await probed(slots, {})];
    expect(named(few, "m0 choices")).toMatchObject({ ok: true, detail: "returns 2 choices in one call" });
    expect(named(many, "m0 choices")).toMatchObject({ ok: false, fix: "set choices: false for m0" });
  });

  test("a template that drops the system message is recognised by its tokens", async () => {
    const drops: FixtureReplies = () => ({ text: "5", promptTokens: 7 });
    expect(named(await probed(drops, {}), "m0 systemRole")).toMatchObject({
      ok: false,
      fix: "set systemRole: false for m0",
    });
    const reads: FixtureReplies = ({ messages }) => ({ text: "5", promptTokens: 7 * messages.length });
    expect(named(await probed(reads, {}), "m0 systemRole").ok).toBe(true);
  });

  test("a context that the longest reply fills is refused", async () => {
    const check = named(await probed(() => capable, {}, { contextLength: 2048 }), "m0 contextLength");
    expect(check).toMatchObject({ ok: false, fix: "lower the maxTokens of m0, or serve more" });
    expect(check.detail).toContain("a reply may take 2048");
  });

  test.each([
    ["none", { text: "<think>2 + 3</think>5" }, /set thinking: off/],
    ["none", { text: "5", reasoning: "2 + 3 is 5" }, /set thinking: off/],
    ["off", { text: "<think>\n2 + 3 is 5" }, /ignores chat_template_kwargs.*reasoning_effort/],
  ])("thoughts of a model whose thinking is %s", async (thinking, reply, fix) => {
    const checks = await probed(() => reply, { ...cautious, thinking });
    expect(named(checks, "m0 thinking")).toMatchObject({ ok: false, fix: expect.stringMatching(fix) });
    expect(named(await probed(() => reply, { ...cautious, thinking: "on" }), "m0 thinking").ok).toBe(true);
  });

  test("a server that refuses the fields of a thinking model is distinguished from a broken one", async () => {
    const strict: FixtureReplies = (body) => ("chat_template_kwargs" in body ? { fail: 422 } : "5");
    const refused = named(await probed(strict, { ...cautious, thinking: "off" }), "m0 chat");
    expect(refused).toMatchObject({ ok: false, fix: expect.stringContaining("set thinking: none") });
    const broken = named(
      await probed(() => ({ body: "<html>" }), { ...cautious, thinking: "off" }),
      "m0 chat",
    );
    expect(broken.fix).toContain("endpoint's own log");
  });

  test("a key in the answer of an endpoint is not shown", async () => {
    const echo: FixtureReplies = () => ({ body: `{"error": "the key ${KEY} is none"}` });
    const checks = await probed(echo, { apiKeyEnv: "SOME_KEY" });
    expect(named(checks, "m0 chat").ok).toBe(false);
    expect(fixture.authorisations).toContain(`Bearer ${KEY}`);
    expect(JSON.stringify(checks)).not.toContain(KEY);
  });

  test("an unreachable endpoint is one failed check, without the key", async () => {
    await start();
    const checks = await findings({ models: membersAt("http://127.0.0.1:9/v1", ["x", "y"], "SOME_KEY") });
    expect(checks.filter(({ ok }) => !ok)).toHaveLength(1);
    expect(named(checks, "endpoint http://127.0.0.1:9/v1").detail).toContain("ECONNREFUSED");
    expect(JSON.stringify(checks)).not.toContain(KEY);
  });

  test("a URL without its /v1", async () => {
    const endpoint = (await start()).replace("/v1", "");
    const checks = await findings({ models: membersAt(endpoint, ["llama", "llama"]) });
    expect(named(checks, "models at").fix).toContain("/v1");
  });
});
