/** `agora keys`: what it writes, and what nobody else sees. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, natsServerProgram, skipNats } from "../../runtime/bus/nats-server.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { agoraEnded } from "../agora.fixture.ts";
import { openServerNotice } from "../terminal/open-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});
const seedOf = (user: string): string => readFileSync(join(folder, `${user}.nk`), "utf8").trim();
const written = (): string => readFileSync(join(folder, "users.conf"), "utf8");

test("writes a seed for each user that only its owner can read, and shows none", async () => {
  const { code, out, err } = await agoraEnded("keys", folder, "--agents", "dan,eve");
  expect([code, err]).toEqual([0, ""]);
  expect(readdirSync(folder).toSorted()).toEqual([
    ...["dan.nk", "eve.nk", "host.nk", "operator.nk", "trainer.nk", "users.conf"],
  ]);
  for (const user of ["dan", "eve", "host", "operator", "trainer"]) {
    expect(seedOf(user)).toMatch(/^SU[A-Z2-7]{56}$/);
    if (process.platform !== "win32") expect(statSync(join(folder, `${user}.nk`)).mode & 0o777).toBe(0o600);
    expect(out + written()).not.toContain(seedOf(user));
  }
});

test("keeps the keys that are there, and lets in nobody whose file was removed", async () => {
  await agoraEnded("keys", folder, "--agents", "dan,eve");
  const [dan, before] = [seedOf("dan"), written()];
  rmSync(join(folder, "eve.nk"));
  const { out } = await agoraEnded("keys", folder, "--agents", "fay", "--json");
  expect(JSON.parse(out)).toMatchObject({
    made: ["fay"],
    users: ["dan", "fay", "host", "operator", "trainer"],
  });
  expect(seedOf("dan")).toBe(dan);
  expect(before).toContain("agora.*.eve.");
  expect(written()).not.toContain("agora.*.eve.");
});

test.each(["referee", "host", "operator", "a b", "a.b", "*", ">"])(
  "makes no key for an agent that is called %j",
  async (name) => {
    const { code, err } = await agoraEnded("keys", folder, "--agents", name);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
    expect(err).toContain(`--agents: "${name}"`);
  },
);

test.skipIf(skipNats)(`the installed server accepts the configuration${natsNote}`, async () => {
  await agoraEnded("keys", folder, "--agents", "dan,eve");
  writeFileSync(join(folder, "nats.conf"), "include users.conf\n");
  const check = () =>
    execFileSync(natsServerProgram ?? "", ["-t", "-c", join(folder, "nats.conf")], { stdio: "pipe" });
  expect(check).not.toThrow();
});

test("the error for an unusable key names the file and shows nothing of it", async () => {
  const keyFile = join(folder, "broken.nk");
  writeFileSync(keyFile, "SUsecretsecret");
  const refused = connectNatsBus({ servers: "127.0.0.1:9", keyFile });
  await expect(refused).rejects.toMatchObject({
    code: "AGORA_BUS_KEY",
    message: expect.stringContaining(keyFile),
  });
  const pasted = `SU${"A".repeat(56)}`;
  await expect(connectNatsBus({ servers: "127.0.0.1:9", keyFile: pasted })).rejects.not.toThrow(pasted);
  const configured = () => loadConfig({ env: {}, flags: ["nats=127.0.0.1:9", `natsKey=${pasted}`] });
  expect(configured).toThrow("the name of a file, not a key");
  expect(configured).not.toThrow(pasted);
  const error: Error = await refused.catch((cause) => cause);
  expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("SUsecret");
});

test("a run says once that anybody can speak in it, unless it has a key or a password", () => {
  expect(openServerNotice({ nats: undefined, natsKey: undefined })).toBeUndefined();
  expect(openServerNotice({ nats: "nats://127.0.0.1:4222", natsKey: "host.nk" })).toBeUndefined();
  expect(openServerNotice({ nats: "nats://me:secret@127.0.0.1:4222", natsKey: undefined })).toBeUndefined();
  expect(openServerNotice({ nats: "nats://127.0.0.1:4222", natsKey: undefined })).toContain(
    "anybody who reaches nats://127.0.0.1:4222 can speak as anybody",
  );
});
