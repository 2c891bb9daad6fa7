import { describe, expect, test, vi } from "vitest";
import { createMemoryBus } from "../bus/bus-memory.ts";
import { sealed } from "../messages.fixture.ts";
import type { Message, MessageOf } from "../messages.ts";
import { createCodec } from "./codec.ts";
import { type DeadLetter, Reader, writeMessage } from "./reader.ts";
import { subjectOf } from "./sender.ts";
import { left } from "./wire.fixture.ts";
import { createWire } from "./wire.ts";

const message = sealed(left("bob"), "bob");
const subject = subjectOf("r", message);

/** A reader whose decoding is counted. */
const reading = () => {
  const plain = createCodec();
  const decode = vi.fn(plain.decode);
  const letters: DeadLetter[] = [];
  const codec = { encode: plain.encode, decode };
  const onDeadLetter = (letter: DeadLetter) => void letters.push(letter);
  const reader = new Reader({ bus: createMemoryBus(), run: "r", codec, onDeadLetter });
  const read = (payload: Uint8Array, reason?: string) =>
    reader.read({ subject, payload, reply: undefined }, () => reason);
  return { codec, decode, letters, read, reader };
};

describe("a payload on a local bus", () => {
  test("is not decoded: all its readers get one message", () => {
    const { codec, decode, read } = reading();
    const other = reading();
    const { payload } = writeMessage(message, codec, { isLocal: true });
    expect(read(payload)).toEqual(message);
    expect(other.read(payload)).toBe(read(payload));
    expect([decode, other.decode].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  test("is read as in another process: without fields that no schema names, whatever becomes of the draft", () => {
    const { codec, decode, read } = reading();
    const draft = { ...(message as MessageOf<"agent.left">), secret: 1 };
    const { payload } = writeMessage(draft, codec, { isLocal: true });
    draft.reason = "changed";
    expect(read(payload)).toEqual(message);
    const packed = writeMessage(draft, codec, { isLocal: false });
    expect(read(packed.payload)).toEqual({ ...message, reason: "changed" });
    expect(decode).toHaveBeenCalledTimes(1);
  });

  test("is refused like any other where it does not belong", () => {
    const { codec, letters, read } = reading();
    expect(read(writeMessage(message, codec, { isLocal: true }).payload, "misplaced")).toBeUndefined();
    expect(letters).toMatchObject([{ reason: "misplaced", count: 1 }]);
  });

  test("that is no message is written, and refused with the reason", () => {
    const { codec, decode, letters, read } = reading();
    const { payload } = writeMessage({ ...message, reason: 5 } as unknown as Message, codec, {
      isLocal: true,
    });
    expect(read(payload)).toBeUndefined();
    expect(decode).toHaveBeenCalledTimes(1);
    expect(letters).toMatchObject([{ reason: expect.stringContaining("agent.left: reason"), count: 1 }]);
  });
});

describe("a payload on a bus between processes", () => {
  test("is decoded and validated each time it is read", () => {
    const { codec, decode, letters, read, reader } = reading();
    const copy = writeMessage(message, codec, { isLocal: false }).payload;
    expect([read(copy), read(copy)]).toEqual([message, message]);
    expect(decode).toHaveBeenCalledTimes(2);
    expect(read(codec.encode({ ...message, at: "noon" }))).toBeUndefined();
    expect(letters).toMatchObject([{ reason: expect.stringContaining("agent.left: at") }]);
    expect(reader.refused).toBe(1);
  });
});

test("over the embedded bus a message is decoded by none of its listeners' wires", async () => {
  const bus = createMemoryBus();
  const plain = createCodec();
  const decode = vi.fn(plain.decode);
  const codec = { encode: plain.encode, decode };
  const wires = ["ada", "bob"].map((from) => createWire({ bus, run: "r", from, codec, clock: () => 1_000 }));
  const heard: Message[] = [];
  for (const wire of wires) wire.hear(["agent.left"], (each) => void heard.push(each));
  wires[0]?.send(left("bob"), "bob");
  await vi.waitFor(() => expect(heard).toEqual([message, message]));
  expect(decode).not.toHaveBeenCalled();
  bus.publish(subject, plain.encode(message));
  await vi.waitFor(() => expect(heard).toHaveLength(4));
  expect(decode).toHaveBeenCalledTimes(2);
  for (const wire of wires) wire.close();
  await bus.close();
});
