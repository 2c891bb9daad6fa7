/** A key that is not the host's: whoever plays a run with it is refused at once, also by `agora doctor`. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { natsNote, skipNats } from "../../runtime/bus/nats-server.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { agoraEnded } from "../agora.fixture.ts";
import { standardParts } from "../host/parts.ts";
import { scriptedParts } from "../host/scripted-society.ts";
import { playWith, societyConfig } from "../host/society.fixture.ts";
import { diagnose } from "../terminal/doctor.ts";
import { type KeyedServer, startKeyedServer } from "./keyed-server.fixture.ts";

const strangers = ["dan", "trainer", "operator"];

describe.skipIf(skipNats)(`over a NATS server with keys${natsNote}`, { timeout: 60_000 }, () => {
  let server: KeyedServer;
  beforeAll(async () => {
    server = await startKeyedServer(["dan"]);
  });
  afterAll(() => server?.stop());

  const folderOf = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "agora-host-key-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  const problemOf = (user: string): string =>
    `the NATS server does not let the key in ${server.keyOf(user)} host a run`;
  const fix = (): string =>
    `set natsKey to the host's key, ${join(dirname(server.keyOf("host")), "host.nk")} (agora keys makes it)`;
  const checked = async (user: string) => {
    const overrides = { run: "test", runsFolder: folderOf(), nats: server.url, natsKey: server.keyOf(user) };
    const checks = await diagnose(loadConfig({ env: {}, overrides }), { env: {} });
    return checks.find(({ name }) => name === "nats");
  };

  test.each(strangers)("agora doctor says that the key of %s may not host a run", async (user) => {
    expect(await checked(user)).toMatchObject({ ok: false, detail: problemOf(user), fix: fix() });
  });

  test("agora doctor names the fix for a file that holds no key", async () => {
    const overrides = { runsFolder: folderOf(), nats: server.url, natsKey: join(folderOf(), "none.nk") };
    const checks = await diagnose(loadConfig({ env: {}, overrides }), { env: {} });
    expect(checks.find(({ name }) => name === "nats")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("there is no usable key in"),
      fix: "make one: agora keys <folder> --agents <names>",
    });
  });

  test("agora doctor finds no fault in the host's key, and a run of that name hears nothing of it", async () => {
    const bus = await server.connectAs("host");
    const letters: string[] = [];
    bus.subscribe("agora.test.dead-letter", ({ subject }) => void letters.push(subject));
    const config = societyConfig({ rounds: 4 });
    const { end, troubles } = await playWith(config, scriptedParts(config, { bus }), {
      during: async () => expect(await checked("host")).toMatchObject({ ok: true }),
    });
    expect([end.outcome, troubles, letters]).toEqual(["finished", [], []]);
  });

  test.each(["dan", "trainer"])("agora run with the key of %s ends before it begins", async (user) => {
    const runs = join(folderOf(), "runs");
    const set = ["-s", `natsKey=${server.keyOf(user)}`, "-s", `runsFolder=${runs}`];
    const given = ["run", "--nats", server.url, ...set, "--no-page", "--no-preflight"];
    const { code, out, err } = await agoraEnded(...given);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(`agora: ${problemOf(user)}. Fix: ${fix()}.\n`);
    expect(existsSync(runs)).toBe(false);
  });

  test("a program gets no parts of a run with another's key", async () => {
    const config = loadConfig({ env: {}, overrides: { nats: server.url, natsKey: server.keyOf("dan") } });
    await expect(standardParts(config)).rejects.toMatchObject({ code: "AGORA_BUS_KEY", fix: fix() });
  });
});
