import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type LogOptions, openLog, secretsOf } from "./log.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const collected = (options: LogOptions = {}) => {
  const lines: string[] = [];
  const log = openLog("unused", { env: {}, stream: { write: (line) => void lines.push(line) }, ...options });
  return { log, lines };
};

describe("the run's log", () => {
  test("is in the run's folder, written when the call returns", () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-log-"));
    folders.push(folder);
    openLog(join(folder, "trial")).warn({ round: 3 }, "closed");
    const line: unknown = JSON.parse(readFileSync(join(folder, "trial", "run.log"), "utf8"));
    expect(line).toMatchObject({ level: "warn", round: 3, msg: "closed" });
  });

  test.skipIf(!existsSync("/dev/full"))("on a full disk loses its lines, and nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-log-"));
    folders.push(folder);
    symlinkSync("/dev/full", join(folder, "run.log"));
    const warned = once(process, "warning");
    const log = openLog(folder);
    for (const round of [1, 2, 3]) log.error({ round }, "trouble");
    expect(String((await warned)[0])).toContain("run.log cannot be written: ENOSPC");
  });

  test.each([
    ["the top", (secret: object) => secret],
    ["one level down", (secret: object) => ({ model: secret })],
    ["in a list of models", (secret: object) => ({ config: { models: [secret] } })],
    ["four levels down", (secret: object) => ({ a: { b: { c: { d: secret } } } })],
  ])("keys are redacted at %s", (_, wrap) => {
    const { log, lines } = collected();
    const fields = { apiKey: "hush", authorization: "hush", token: "hush", password: "hush", name: "ant" };
    log.error(wrap(fields), "failed");
    expect(lines[0]).not.toContain("hush");
    expect(lines[0]).toContain("[redacted]");
    expect(lines[0]).toContain("ant");
  });

  test("known secrets are redacted wherever they occur", () => {
    const { log, lines } = collected({ secrets: ["sk-42", ""] });
    log.info({ error: new Error("bad key sk-42"), deep: ["Bearer sk-42"] }, "the key sk-42 was refused");
    expect(lines[0]).not.toContain("sk-42");
  });

  test("secrets come from the variables that models name", () => {
    const models = [{ apiKeyEnv: "SOME_KEY" }, {}, { apiKeyEnv: "UNSET" }];
    expect(secretsOf(models, { SOME_KEY: "sk-42", OTHER: "x" })).toEqual(["sk-42"]);
  });

  test("AGORA_LOG sets the level; an unknown level leaves it at info", () => {
    expect(collected({ env: { AGORA_LOG: "debug" } }).log.level).toBe("debug");
    expect(collected({ env: { AGORA_LOG: "loud" } }).log.level).toBe("info");
    expect(collected({ level: "silent" }).log.level).toBe("silent");
  });
});
