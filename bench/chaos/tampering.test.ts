/** What a client sends is split into frames at any boundary, and each way of tampering does what it says. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MessageFault } from "./fault.ts";
import { FrameSplitter } from "./frames.ts";
import { Tampering } from "./tampering.ts";

const published = (text: string, type = "remark.made"): string =>
  `PUB agora.r.ant.${type}.q1 ${Buffer.byteLength(text)}\r\n${text}\r\n`;

const framesOf = (bytes: string, sizes: readonly number[]) => {
  const splitter = new FrameSplitter();
  const whole = Buffer.from(bytes);
  let place = 0;
  return [...sizes, whole.length].flatMap((size) => {
    const chunk = whole.subarray(place, place + size);
    place += size;
    return splitter.take(chunk);
  });
};

const stream = [
  'CONNECT {"verbose":false}\r\n',
  "SUB agora.r.> 1\r\n",
  published("a\r\nPUB b 1\r\n"),
  `HPUB agora.r.ant.append.question.voided.q1 _INBOX.x 12 16\r\nNATS/1.0\r\n\r\nword\r\n`,
  "PING\r\n",
];

test("frames are the same wherever the stream is cut", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (sizes) => {
      const frames = framesOf(stream.join(""), sizes);
      expect(frames.map(({ bytes }) => bytes.toString())).toEqual(stream);
      expect(frames.map(({ subject }) => subject)).toEqual([
        ...[undefined, undefined, "agora.r.ant.remark.made.q1"],
        ...["agora.r.ant.append.question.voided.q1", undefined],
      ]);
    }),
  );
});

/** What arrives of messages with these texts, once `count` of them are spoiled. */
const arriving = (
  kind: MessageFault,
  count: number,
  texts: readonly string[],
  before: readonly string[] = [],
) => {
  const tampering = new Tampering();
  const arrived: string[] = [];
  let spoiled = 0;
  const pass = (text: string): void => {
    for (const frame of framesOf(published(text), []))
      tampering.pass(frame, (bytes) => void arrived.push(bytes.toString("latin1").split("\r\n")[1] ?? ""));
  };
  for (const text of before) pass(text);
  tampering.add(kind, count, 1, () => {
    spoiled += 1;
  });
  for (const text of texts) pass(text);
  return { arrived: arrived.slice(before.length), spoiled };
};

describe("messages are", () => {
  test("duplicated", () => {
    expect(arriving("messages duplicated", 2, ["a", "b", "c"])).toEqual({
      ...{ arrived: ["a", "a", "b", "b", "c"], spoiled: 2 },
    });
  });

  test("reordered", () => {
    expect(arriving("messages reordered", 1, ["a", "b", "c"])).toEqual({
      ...{ arrived: ["b", "a", "c"], spoiled: 1 },
    });
  });

  test("replayed", () => {
    expect(arriving("messages replayed", 1, ["b", "c"], ["a"])).toEqual({
      ...{ arrived: ["b", "a", "c"], spoiled: 1 },
    });
  });

  test("lost", () => {
    expect(arriving("messages lost", 1, ["a", "b"])).toEqual({ arrived: ["b"], spoiled: 1 });
  });

  test("corrupted beyond decoding, at their length and behind their headers", () => {
    const { arrived, spoiled } = arriving("messages corrupted", 1, ["aaaaaaaaaa", "b"]);
    expect(arrived[0]).toMatch(/^\u009e.{9}$/);
    expect([arrived[1], spoiled]).toEqual(["b", 1]);
    const tampering = new Tampering();
    tampering.add("messages corrupted", 1, 1, () => {});
    const [kept] = framesOf(stream[3] ?? "", []);
    const passed: string[] = [];
    if (kept !== undefined) tampering.pass(kept, (bytes) => void passed.push(bytes.toString("latin1")));
    expect(passed[0]).toMatch(/ 12 16\r\nNATS\/1\.0\r\n\r\n\u0088/);
  });

  test("left alone where they are signs of life", () => {
    const tampering = new Tampering();
    tampering.add("messages lost", 1, 1, () => {});
    const arrived: Buffer[] = [];
    const [pulse] = framesOf(published("x", "agent.pulsed"), []);
    if (pulse !== undefined) tampering.pass(pulse, (bytes) => void arrived.push(bytes));
    expect(arrived).toHaveLength(1);
  });
});
