/** What calls of a guest have cost while its host ended: sent to the run that goes on, and to no other of its name. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import {
  type NatsServer,
  natsNote,
  skipNats,
  startNatsServer,
} from "../../runtime/bus/nats-server.fixture.ts";
import type { Config, ConfigInput } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { subjectOf } from "../../runtime/wire/sender.ts";
import { type Guest, guestAt } from "../host/guest-process.fixture.ts";
import { scriptedParts } from "../host/scripted-society.ts";
import { ofType, playWith, societyConfig } from "../host/society.fixture.ts";

const endless: ConfigInput = { rounds: 100_000, lora: false, externalAnchor: false };
/** Nothing here may wait for a deadline. */
const patient: ConfigInput = { phaseTimeoutSeconds: 3_000, patienceSeconds: 3_000, heartbeatSeconds: 1 };

const asked = ({ said }: Guest): number => said.out.split("asked solver").length - 1;

const alive: Message = {
  ...{ type: "agent.pulsed", agent: "cat", life: "one", every: 1 },
  ...{ from: "cat", at: 0 },
};

const solving = (records: readonly Message[]): number =>
  ofType(records, "call.metered")
    .filter(({ model, role }) => model === "cat" && role === "solver")
    .reduce((sum, { calls }) => sum + calls, 0);

describe.skipIf(skipNats)(`calls that end with their host${natsNote}`, { timeout: 60_000 }, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  /** Stops the host while calls of the cat hang. @returns how many, and the journal */
  const stopped = async (guest: Guest, config: Config, resume = false) => {
    const parts = scriptedParts(config, { bus: await connectNatsBus({ servers: server.url }) });
    const before = asked(guest);
    let lives = 0;
    parts.bus.subscribe(subjectOf("test", alive), () => {
      lives += 1;
    });
    const { records } = await playWith(config, parts, {
      ...{ resume, remote: ["cat"] },
      during: async (run) => {
        await until(() => asked(guest) > before);
        // What it has sent before has arrived, and other calls are metered.
        const heard = lives;
        await until(() => lives > heard + 1);
        await run.stop();
      },
    });
    const waits = () => guest.said.out.split("Waiting: the host has ended (stopped).").length - 1;
    await until(() => waits() === (before === 0 ? 1 : 2));
    return { calls: asked(guest) - before, records };
  };

  const lastWords = async (guest: Guest): Promise<string> => {
    guest.child.kill("SIGINT");
    expect([await guest.ended, guest.said.err]).toEqual([0, ""]);
    return guest.said.out;
  };

  const hanging = () => guestAt(server.url, "cat", { hanging: "solver" });
  const unrecorded = (calls: number) => `The cost of ${calls} calls is not recorded: no host has taken it.\n`;

  test("are recorded when the run goes on, and those that are not are said", async () => {
    const guest = hanging();
    const config = societyConfig({ ...patient, ...endless });
    const first = await stopped(guest, config);
    expect([first.calls, solving(first.records)]).toEqual([2, 0]);
    const second = await stopped(guest, config, true);
    expect(solving(second.records)).toBe(first.calls);
    expect(await lastWords(guest)).toContain(unrecorded(second.calls));
  });

  test("are not those of a new run of the same name", async () => {
    const guest = hanging();
    const first = await stopped(guest, societyConfig({ ...patient, ...endless }));
    const second = await stopped(guest, societyConfig({ ...patient, ...endless }));
    expect(solving(second.records)).toBe(0);
    expect(await lastWords(guest)).toContain(unrecorded(first.calls + second.calls));
  });
});
