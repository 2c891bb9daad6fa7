import { expect, test, vi } from "vitest";
import { bytes, until } from "../bus/bus.conformance.ts";
import { sealed } from "../messages.fixture.ts";
import type { Draft } from "../messages.ts";
import { createCodec } from "./codec.ts";
import type { DeadLetter } from "./reader.ts";
import { subjectOf } from "./sender.ts";
import { failed, finished, left, overBothBuses, remark } from "./wire.fixture.ts";
import { createWire } from "./wire.ts";

const codec = createCodec();

/** Replaces bytes by numbers, so that a Buffer equals a Uint8Array with the same bytes. */
const plain = (letter: unknown): unknown => ({
  ...(letter as DeadLetter),
  payload: [...(letter as DeadLetter).payload],
});

overBothBuses("the wire", (society) => {
  const { wireWith, settle } = society;

  test("adds the envelope, and delivers a message to the listeners of its type", async () => {
    const wire = wireWith({ clock: () => 77 });
    const heard: unknown[] = [];
    wire.hear(["agent.left", "remark.made"], (message) => heard.push(["both", message.type]));
    wire.hear(["agent.left"], (message) => heard.push(message));
    wire.hear(["question.posed"], () => heard.push("never"));
    wire.send(left("ada"));
    wire.send(left("ada"), "ada/q1");
    wire.send(remark("q1"));
    await settle(wire);
    expect(heard.slice(0, 5)).toEqual([
      ["both", "agent.left"],
      { ...left("ada"), from: "ada", at: 77 },
      ["both", "agent.left"],
      { ...left("ada"), from: "ada/q1", at: 77 },
      ["both", "remark.made"],
    ]);
  });

  test("a listener can select one question or all messages", async () => {
    const wire = wireWith();
    const [one, all, oneOfAll]: [string[], string[], string[]] = [[], [], []];
    wire.hear(["remark.made"], ({ question }) => one.push(question), { id: "q.1" });
    wire.hear("all", ({ type }) => all.push(type));
    wire.hear("all", ({ type }) => oneOfAll.push(type), { id: "q.1" });
    for (const question of ["q.1", "q.2", "q_1"]) wire.send(remark(question));
    wire.send(left("bob"), "bob");
    await settle(wire);
    expect(one).toEqual(["q.1"]);
    expect(all.slice(0, 4)).toEqual(["remark.made", "remark.made", "remark.made", "agent.left"]);
    expect(oneOfAll).toEqual(["remark.made"]);
  });

  test("listeners can be added and removed while a message is delivered", async () => {
    const wire = wireWith();
    const heard: string[] = [];
    wire.hear(["agent.left"], () => {
      heard.push("first");
      second.unsubscribe();
      second.unsubscribe();
      wire.hear(["agent.left"], () => heard.push("late"));
    });
    const second = wire.hear(["agent.left"], () => heard.push("second"));
    wire.send(left("a"), "a");
    await settle(wire);
    expect(heard).toEqual(["first"]);
    wire.send(left("b"), "b");
    await settle(wire);
    expect(heard).toEqual(["first", "first", "late"]);
  });

  test("a listener that throws or rejects is reported and does not affect the others", async () => {
    const onHandlerError = vi.fn();
    const wire = wireWith({ onHandlerError });
    const heard: string[] = [];
    wire.hear(["agent.left"], () => {
      throw new Error("thrown");
    });
    wire.hear(["agent.left"], async () => {
      throw new Error("rejected");
    });
    wire.hear(["agent.left"], ({ agent }) => heard.push(agent));
    wire.send(left("a"), "a");
    wire.send(left("b"), "b");
    await settle(wire);
    expect(heard).toEqual(["a", "b"]);
    expect(onHandlerError).toHaveBeenCalledTimes(4);
    expect(onHandlerError).toHaveBeenCalledWith(new Error("thrown"), expect.objectContaining(left("a")));
  });

  test("an invalid payload is counted and published as a dead letter, and delivery continues", async () => {
    const letters: DeadLetter[] = [];
    const wire = wireWith({
      codec: createCodec({ maxBytes: 5_000 }),
      onDeadLetter: (letter) => letters.push(letter),
    });
    const published: unknown[] = [];
    society
      .bus()
      .subscribe("agora.r.dead-letter", ({ payload }) => void published.push(codec.decode(payload)));
    const put = (subject: string, payload: Uint8Array): void => society.bus().publish(subject, payload);
    put("agora.r.a.agent.left.a", bytes("\xc1 no MessagePack"));
    put("agora.r.a.agent.left.a", codec.encode({ type: "agent.eaten", from: "a", at: 1 }));
    put("agora.r.a.agent.left.a", codec.encode({ ...left("a"), from: "a" }));
    put(
      "agora.r.a.agent.left.a",
      codec.encode({ ...left("a"), from: "a", at: 1, reason: "x".repeat(6_000) }),
    );
    put("agora.r.a.agent.left.a", codec.encode(sealed(finished, "a")));
    await settle(wire);
    await until(() => published.length === 5);
    expect(letters.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("not MessagePack"),
      expect.stringContaining("unknown message type"),
      expect.stringContaining("agent.left: at"),
      expect.stringContaining("expected at most 5000"),
      expect.stringContaining("does not belong"),
    ]);
    expect(letters.map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
    expect(letters[3]).toMatchObject({ subject: "agora.r.a.agent.left.a", bytes: expect.any(Number) });
    expect(letters[3]?.payload.byteLength).toBe(1_024);
    expect(published.map(plain)).toEqual(letters.map(plain));
    expect(wire.deadLetters).toBe(5);
  });

  test("an invalid draft that an actor sends becomes a dead letter, for the sender's listeners as for others", async () => {
    const letters: DeadLetter[] = [];
    const [own, other] = [
      wireWith({ onDeadLetter: (letter) => letters.push(letter) }),
      wireWith({ onDeadLetter: (letter) => letters.push(letter) }),
    ];
    const heard: string[] = [];
    for (const wire of [own, other]) wire.hear(["agent.left"], ({ agent }) => void heard.push(agent));
    await Promise.all([own.ready(), other.ready()]);
    own.send({ ...left("bob"), reason: 5 as unknown as string }, "bob");
    own.send(left("cyd"), "cyd");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["cyd", "cyd"]);
    expect([own.deadLetters, other.deadLetters]).toEqual([1, 1]);
    for (const { reason } of letters) expect(reason).toContain("agent.left: reason");
  });

  test("listeners of all wires hear the same, whoever packed it, without fields that no schema names", async () => {
    const [own, other] = [wireWith({ clock: () => 1_000 }), wireWith()];
    const heard: unknown[] = [];
    for (const wire of [own, other]) wire.hear(["agent.left"], (message) => void heard.push(message));
    await Promise.all([own.ready(), other.ready()]);
    own.send({ ...left("bob"), secret: 1 } as Draft, "bob");
    society
      .bus()
      .publish("agora.r.bob.agent.left.bob", codec.encode({ ...sealed(left("bob"), "bob"), secret: 1 }));
    await until(() => heard.length === 4);
    expect(heard).toEqual(Array(4).fill(sealed(left("bob"), "bob")));
  });

  test("what the journal has and this process has missed is heard once", async () => {
    const wire = wireWith({ known: [sealed(failed("j1"), "ada")] });
    const heard: string[] = [];
    wire.hear("all", (message) => heard.push("job" in message ? message.job : message.type));
    await wire.ready();
    const records = [failed("j1"), failed("j2"), left("bob")].map((draft) => sealed(draft, "ada"));
    wire.catchUp(records);
    wire.catchUp(records);
    society.bus().publish(subjectOf("r", sealed(failed("j2"), "ada")), codec.encode(sealed(failed("j2"), "ada")));
    await settle(wire);
    expect(heard).toEqual(["j2", "remark.made"]);
  });

  test("a message that cannot be sent is reported and `send` does not throw", async () => {
    const onSendError = vi.fn();
    const wire = wireWith({ codec: createCodec({ maxBytes: 100 }), onSendError });
    const codes = () => onSendError.mock.calls.map(([cause]) => cause.code);
    wire.send(remark("q1", "x".repeat(200)));
    // What stays in the process is not packed, so that there is no size to be too large.
    const tooLarge = society.bus().isLocal ? [] : ["AGORA_CODEC_SIZE"];
    expect(codes()).toEqual(tooLarge);
    await society.bus().close();
    wire.send(left("a"), "a");
    expect(codes()).toEqual([...tooLarge, "AGORA_BUS_CLOSED"]);
  });

  test("a wire hears only its own run, and a run id must be one token", async () => {
    const [one, other] = [wireWith(), wireWith({ run: "other" })];
    const heard: string[] = [];
    other.hear("all", ({ type }) => heard.push(type));
    one.send(left("a"), "a");
    await settle(one);
    expect(heard).toEqual([]);
    for (const run of ["", "a.b", "*", "a b", "-x", "../x"]) {
      expect(() => createWire({ bus: society.bus(), run })).toThrow(
        expect.objectContaining({ code: "AGORA_BUS_SUBJECT" }),
      );
    }
  });
});
