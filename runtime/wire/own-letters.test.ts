/** What a process has sent itself is not unpacked when it comes back; everything else is. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import { afterTest } from "../closings.fixture.ts";
import { sealed } from "../messages.fixture.ts";
import { createCodec } from "./codec.ts";
import { OwnLetters } from "./own-letters.ts";
import { writeMessage } from "./reader.ts";
import { subjectOf } from "./sender.ts";
import { failed, left, overBothBuses, remark } from "./wire.fixture.ts";
import { createWire } from "./wire.ts";

const codec = createCodec();
const letterOf = (agent: string, at: number) =>
  writeMessage(sealed(left(agent), agent, at), codec, { isLocal: false });
const subject = subjectOf("r", letterOf("bob", 1).message);

describe("own letters", () => {
  test("are known by their bytes on their subject, each once and in any order", () => {
    const own = new OwnLetters();
    const [first, second] = [letterOf("bob", 1), letterOf("bob", 2)];
    own.add(subject, first);
    own.add(subject, second);
    const copy = Uint8Array.from(second.payload);
    expect(own.take({ subject, payload: copy })).toBe(second.message);
    expect(own.take({ subject, payload: copy })).toBeUndefined();
    expect(own.take({ subject: `${subject}2`, payload: first.payload })).toBeUndefined();
    expect(own.take({ subject, payload: first.payload })).toBe(first.message);
  });

  test("that do not come back within a minute are forgotten, and the others are not", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const own = new OwnLetters();
    const [lost, late, last] = [letterOf("bob", 1), letterOf("bob", 2), letterOf("bob", 3)];
    own.add(subject, lost);
    own.add("agora.r.other", lost);
    clock.mockReturnValue(30_000);
    own.add(subject, late);
    clock.mockReturnValue(60_001);
    own.add("agora.r.another", last);
    expect(own.count).toBe(2);
    expect(own.take({ subject, payload: lost.payload })).toBeUndefined();
    expect(own.take({ subject, payload: late.payload })).toBe(late.message);
    expect(own.take({ subject: "agora.r.another", payload: last.payload })).toBe(last.message);
    expect(own.count).toBe(0);
  });

  test("that never come back do not grow without end", () => {
    const own = new OwnLetters();
    const letters = Array.from({ length: 4097 }, (_, at) => letterOf("bob", at));
    for (const letter of letters) own.add(subject, letter);
    const found = letters.filter(({ payload }) => own.take({ subject, payload }) !== undefined);
    expect(found).toEqual(letters.slice(4096));
  });
});

overBothBuses("a process with a recorder and a wire", (society) => {
  test("decodes what others send, and nothing that it has sent itself", async () => {
    const decode = vi.fn(codec.decode);
    const counted = { encode: codec.encode, decode };
    const wire = society.wireWith({ codec: counted });
    society.recorderWith();
    const heard: string[] = [];
    wire.hear(["training.failed", "agent.failed"], ({ from }) => heard.push(from));
    await wire.ready();
    wire.send(failed("j1"));
    await until(() => heard.length === 1);
    expect(decode).not.toHaveBeenCalled();
    const other = sealed({ type: "agent.failed", agent: "bob", where: "w", cause: "c" }, "bob");
    society.bus().publish(subjectOf("r", other), codec.encode(other));
    await until(() => heard.length === 2);
    expect(decode).toHaveBeenCalledTimes(1);
    expect(heard).toEqual(["ada", "bob"]);
  });
});

test.skipIf(skipNats)(`what a broken link loses comes back once and is not kept${natsNote}`, async () => {
  const server = await startNatsServer([]);
  afterTest.add(() => server.stop());
  const bus = await connectNatsBus({ servers: server.url });
  afterTest.add(() => bus.close());
  const decode = vi.fn(codec.decode);
  const wire = createWire({ bus, run: "r", from: "ada", clock: () => 1, codec: { ...codec, decode } });
  const heard: string[] = [];
  wire.hear(["remark.made"], ({ text }) => heard.push(text));
  await wire.ready();
  wire.send(remark("q", "before"));
  await until(() => heard.length === 1);
  await bus.flush();
  await server.kill();
  wire.send(remark("q", "perhaps before the loss is noticed"));
  await until(() => !bus.connected);
  wire.send(remark("q", "while the link is down"));
  await server.restart();
  await until(() => bus.connected);
  wire.send(remark("q", "after"));
  await until(() => heard.length === 4);
  const sent = ["before", "perhaps before the loss is noticed", "while the link is down", "after"];
  expect([heard, decode.mock.calls.length]).toEqual([sent, 0]);
  for (const text of sent) {
    const repeated = sealed(remark("q", text), "ada", 1);
    bus.publish(subjectOf("r", repeated), codec.encode(repeated));
  }
  await until(() => decode.mock.calls.length === 4);
  await wire.ready();
  expect([heard, decode.mock.calls.length]).toEqual([sent, 4]);
});
