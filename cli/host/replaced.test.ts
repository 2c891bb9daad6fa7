/** A host that another has replaced, and that is told late, speaks on for the agents that lived with it. */
import { expect, onTestFinished, test } from "vitest";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { settled } from "../../runtime/messages.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

test.skipIf(skipNats)(`what a replaced host says is refused, and the run goes on${natsNote}`, async () => {
  const server = await startNatsServer(["-js", "-sd", "jetstream"]);
  onTestFinished(() => server.stop());
  const connect = () => connectNatsBus({ servers: server.url });
  const config = societyConfig({ rounds: 2 });
  const said = "said too late";
  const owed = { model: "ant", role: said, calls: 1, promptTokens: 1, completionTokens: 1, seconds: 1 };
  const refused: string[] = [];
  const { end, heard, records } = await playWith(config, scriptedParts(config, { bus: await connect() }), {
    during: async () => {
      const bus = await connect();
      const onSendError = (_: unknown, { type }: { readonly type: string }) => void refused.push(type);
      const late = createWire({ bus, run: config.run, onSendError });
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
  const questions = ofType(records, "question.settled").map(({ dossier }) => dossier.question);
  expect(questions).not.toContain("q0-9");
  expect(ofType(records, "question.voided").map(({ question }) => question)).not.toContain("q0-8");
  // What calls have cost is owed, whoever has made them.
  const late = (messages: readonly Message[]) =>
    messages.filter((message) => JSON.stringify(message).includes(said)).map(({ type }) => type);
  expect([late(heard), late(records)]).toEqual([["call.metered"], ["call.metered"]]);
});
