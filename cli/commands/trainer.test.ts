/** `agora trainer`, as its user sees it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type NatsServer,
  natsNote,
  skipNats,
  startNatsServer,
} from "../../runtime/bus/nats-server.fixture.ts";
import { agora, agoraEnded } from "../agora.fixture.ts";

describe.skipIf(skipNats)(`agora trainer${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
  });
  afterAll(() => server?.stop());

  test("ends with the fix if its folder is a file, or lies in one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-trainer-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "notes");
    writeFileSync(file, "mine");
    for (const given of [file, join(file, "jobs")]) {
      const { code, err } = await agoraEnded("trainer", "--nats", server.url, "--folder", given);
      expect(code).toBe(1);
      expect(err).toContain(`--folder ${given} cannot hold the files of jobs: `);
      expect(err).toContain("Fix: name another folder, or make this one writable");
    }
  });

  test("says where it waits for jobs, and shows no password of any server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-trainer-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const servers = Array(2).fill(`nats://me:hidden@127.0.0.1:${server.port}`).join(",");
    const given = ["--nats", servers, "--folder", folder, "--device", "cpu", "--name", "here"];
    const { child, said, saying, ended } = agora("trainer", ...given);
    await saying("waits for jobs");
    child.kill("SIGINT");
    await ended;
    const shown = `nats://127.0.0.1:${server.port}`;
    expect(said.out).toContain(`here waits for jobs at ${shown}, ${shown}; trains on cpu`);
    expect(said.out + said.err).not.toContain("hidden");
  });
});
