import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import {
  type NatsServer,
  natsNote,
  skipNats,
  startNatsServer,
} from "../../runtime/bus/nats-server.fixture.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import { knock } from "../../runtime/wire/entrance.ts";
import { fromHost } from "./open-journal.ts";
import { runFolder } from "./run-folder.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, play, playWith, societyConfig } from "./society.fixture.ts";

test("a resumed run plays on from its records, and does not keep them", async () => {
  const config = societyConfig({ rounds: 3 });
  const first = await play(config, {
    during: async (run) => {
      expect(run.tools.records).toEqual([]);
      await run.stop();
    },
  });
  const second = await play(config, {
    resume: true,
    during: async (run) => expect(run.tools.records).toEqual([]),
  });
  expect(second.end).toEqual({ outcome: "finished", reason: "3 rounds played" });
  expect(second.records.slice(0, first.records.length)).toEqual(first.records);
  const rounds = ofType(second.records, "round.closed").map(({ round }) => round);
  expect(rounds).toEqual([0, 1, 2]);
});

test("a run that an earlier version ended for want of members is played on", async () => {
  const config = societyConfig();
  await play(config, { during: (run) => run.stop() });
  const journal = Journal.open(runFolder(config));
  const reason = "only 1 members left, 2 are needed";
  journal.append([fromHost({ type: "run.finished", rounds: 0, reason })]);
  journal.close();
  const { end } = await play(config, { resume: true });
  expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
  const again = await play(config, { resume: true });
  expect([again.end, ofType(again.records, "run.extended").length]).toEqual([end, 1]);
});

describe.skipIf(skipNats)(`a finished run that is resumed${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  test("lets no guest in", async () => {
    const config = societyConfig({ rounds: 1 });
    await play(config);
    const parts = scriptedParts(config, { bus: await connectNatsBus({ servers: server.url }) });
    const guest = await connectNatsBus({ servers: server.url });
    const { signal } = new AbortController();
    const { end } = await playWith(config, parts, {
      resume: true,
      during: async (hosted) => {
        await hosted.ended;
        const asked = knock({ bus: guest, run: config.run, agent: "bee", signal });
        await expect(asked).rejects.toThrow("nobody plays");
      },
    });
    expect(end.outcome).toBe("finished");
    await guest.close();
  });
});
