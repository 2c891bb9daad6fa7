/** A host that another has replaced, and that is told late, speaks on for the agents that lived with it. */
import { expect, onTestFinished, test } from "vitest";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, skipNats, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { settled } from "../../runtime/messages.fixture.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

test.skipIf(skipNats)(`what a replaced host says is refused, and the run goes on${natsNote}`, async () => {
  const server = await startNatsServer(["-js", "-sd", "jetstream"]);
  onTestFinished(() => server.stop());
  const connect = () => connectNatsBus({ servers: server.url });
  const config = societyConfig({ rounds: 2 });
  const refused: string[] = [];
  const { end, records } = await playWith(config, scriptedParts(config, { bus: await connect() }), {
    during: async () => {
      const bus = await connect();
      const onSendError = (_: unknown, { type }: { readonly type: string }) => void refused.push(type);
      const late = createWire({ bus, run: config.run, onSendError });
      late.send({ type: "run.finished", rounds: 0, reason: "said too late" }, "supervisor");
      late.send(settled("q0-9"), "referee");
      const voided = { question: "q0-8", author: "ant", round: 0, adapter: 0, text: "", reason: "late" };
      late.send({ type: "question.voided", ...voided }, "ant");
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
});
