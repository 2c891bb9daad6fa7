/** A host that another has replaced, and that is told late, speaks on for the agents that lived with it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import type { Config } from "../../runtime/config/config.ts";
import { settled } from "../../runtime/messages.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

const hosting = async (config: Config) => {
  const server = await startNatsServer(["-js", "-sd", "jetstream"]);
  onTestFinished(() => server.stop());
  const connect = () => connectNatsBus({ servers: server.url });
  return { connect, parts: scriptedParts(config, { bus: await connect() }) };
};

describe.skipIf(skipNats)(`two hosts of one run${natsNote}`, { timeout: 120_000 }, () => {
  test.each([
    ["a lower term", { own: 1 }],
    ["no term", {}],
  ])("what one says under %s is refused, and the run goes on", async (_, terms) => {
    const config = societyConfig({ rounds: 2 });
    const { connect, parts } = await hosting(config);
    const said = "said too late";
    const owed = { model: "ant", role: said, calls: 1, promptTokens: 1, completionTokens: 1, seconds: 1 };
    const refused: string[] = [];
    const { end, heard, records, troubles } = await playWith(config, parts, {
      during: async () => {
        const bus = await connect();
        const onSendError = (_: unknown, { type }: { readonly type: string }) => void refused.push(type);
        const late = createWire({ bus, run: config.run, terms: new Terms(terms), onSendError });
        late.send({ type: "run.finished", rounds: 0, reason: said }, "supervisor");
        late.send(settled("q0-9"), "referee");
        const voided = { question: "q0-8", author: "ant", round: 0, adapter: 0, text: "", reason: "late" };
        late.send({ type: "question.voided", ...voided }, "ant");
        late.send({ type: "agent.lapsed", agent: "bee", failures: 0, cause: said }, "attendance");
        late.send({ type: "solution.withheld", question: "q0-0-0.0", author: "ant", cause: said }, "ant");
        late.send(
          { type: "agent.pulsed", agent: "attendance", life: said, every: 2, leaves: said },
          "attendance",
        );
        late.send({ type: "call.metered", ...owed, outcome: "done" }, "ant");
        await late.ready();
        await late.drain();
        late.close();
        await bus.close();
      },
    });
    expect(refused.toSorted()).toEqual(["question.settled", "question.voided", "run.finished"]);
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect(troubles).toEqual([
      expect.stringMatching(/^hearing another host: \w+ speaks for a host that was replaced$/),
    ]);
    const questions = ofType(records, "question.settled").map(({ dossier }) => dossier.question);
    expect(questions).not.toContain("q0-9");
    expect(ofType(records, "question.voided").map(({ question }) => question)).not.toContain("q0-8");
    // What calls have cost is owed, whoever has made them.
    const late = (messages: readonly Message[]) =>
      messages.filter((message) => JSON.stringify(message).includes(said)).map(({ type }) => type);
    expect([late(heard), late(records)]).toEqual([["call.metered"], ["call.metered"]]);
  });

  test("the one that hears a higher term than its own ends", async () => {
    const config = societyConfig({ rounds: 100_000, lora: false, externalAnchor: false });
    const { connect, parts } = await hosting(config);
    const { end } = await playWith(config, parts, {
      during: async () => {
        const bus = await connect();
        const later = createWire({ bus, run: config.run, terms: new Terms({ own: Date.now() + 60_000 }) });
        later.send({ type: "agent.pulsed", agent: "attendance", life: "later", every: 2 }, "attendance");
        await later.ready();
        later.close();
        await bus.close();
      },
    });
    expect(end).toMatchObject({
      outcome: "failed",
      cause: { code: "AGORA_RUN_REPLACED", message: expect.stringContaining("hosts run test now") },
    });
  });
});
