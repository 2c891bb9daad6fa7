/** Of a question that has not ended everything is heard once, and what was missed while a link was down is said again. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { natsNote, skipNats } from "../bus/nats-server.fixture.ts";
import { sealed } from "../messages.fixture.ts";
import type { Draft } from "../messages.ts";
import { deliveryOf, wiresWithLink } from "./cut-link.fixture.ts";
import { OpenQuestions } from "./open-questions.ts";
import { failed, left, remark } from "./wire.fixture.ts";
import type { Wire } from "./wire.ts";

const ended = (question: string): Draft<"question.voided"> => ({
  type: "question.voided",
  ...{ question, round: 1, author: "ada", adapter: 0, text: "1+1", reason: "nobody solved it" },
});

const hear = (open: OpenQuestions, draft: Draft, at?: number): boolean => {
  const { message, delivery } = deliveryOf(draft, at);
  return open.hear(message, delivery);
};

const say = (open: OpenQuestions, draft: Draft): void => {
  const { letter, delivery } = deliveryOf(draft);
  open.say(delivery.subject, letter);
};

const textsIn = (open: OpenQuestions): string[] =>
  open.said().map(({ letter: { message } }) => ("text" in message ? String(message.text) : message.type));

describe("open questions", () => {
  test("tell a repetition from another message, also from the same one of another time", () => {
    const open = new OpenQuestions();
    const [first, again, later, other] = [1, 1, 2, 1].map((at, index) =>
      hear(open, remark("q1", index === 3 ? "other" : "same"), at),
    );
    expect([first, again, later, other]).toEqual([true, false, true, true]);
  });

  test("keep nothing of what is about no question, or stands in the journal", () => {
    const open = new OpenQuestions();
    for (const draft of [left("ada"), failed("j1"), ended("q1")]) {
      say(open, draft);
      expect([hear(open, draft), hear(open, draft)]).toEqual([true, true]);
    }
    expect([open.said(), open.bytes]).toEqual([[], 0]);
  });

  test("forget a question that has ended, and keep nothing that is said of it late", () => {
    const open = new OpenQuestions();
    for (const question of ["q1", "q2"]) say(open, remark(question, `on ${question}`));
    hear(open, remark("q1", "heard"));
    open.endWith(sealed(ended("q1"), "referee", 2));
    say(open, remark("q1", "late"));
    hear(open, remark("q1", "late"));
    expect(textsIn(open)).toEqual(["on q2"]);
    open.endWith(sealed(ended("q2"), "referee", 3));
    expect([open.said(), open.bytes]).toEqual([[], 0]);
  });

  test("forget the question that began first where they are too large together", () => {
    const open = new OpenQuestions();
    const long = "x".repeat(100_000);
    for (let index = 0; index < 200; index += 1) say(open, remark(`q${index}`, long));
    const places = open.said().map(({ subject }) => Number(subject.slice(subject.lastIndexOf("q") + 1)));
    expect(places).toEqual(Array.from({ length: places.length }, (_, index) => 200 - places.length + index));
    expect(open.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(open.bytes).toBeGreaterThan(16 * 1024 * 1024 - 2 * long.length);
    for (let index = 0; index < 200; index += 1) say(open, remark("one", long));
    expect(open.said().every(({ subject }) => subject.endsWith(".one"))).toBe(true);
  });

  test("forget the question that began first where they are too many", () => {
    const open = new OpenQuestions();
    for (let index = 0; index < 4100; index += 1) say(open, remark(`q${index}`));
    expect(open.said()).toHaveLength(4096);
    expect(open.said()[0]?.subject).toMatch(/\.q4$/);
  });
});

describe.skipIf(skipNats)(`a link that was cut${natsNote}`, () => {
  const remarksHeardBy = (wire: Wire): string[] => {
    const heard: string[] = [];
    wire.hear(["remark.made"], ({ text }) => void heard.push(text));
    return heard;
  };

  test("hides nothing of a question that has not ended from who speaks, and nothing is heard twice", async () => {
    const { near, far, cutWhile } = await wiresWithLink({ speaker: "ada" }, { speaker: "bob" });
    const [nearHeard, farHeard] = [remarksHeardBy(near), remarksHeardBy(far)];
    near.send(remark("q1", "before"));
    await until(() => farHeard.length === 1);
    await cutWhile(() => {
      near.send(remark("q1", "meanwhile"));
      far.send(remark("q1", "from afar"));
    });
    await until(() => farHeard.includes("meanwhile"));
    near.send(remark("q1", "after"));
    await until(() => farHeard.includes("after"));
    expect(farHeard.toSorted()).toEqual(["after", "before", "from afar", "meanwhile"]);
    expect(nearHeard.toSorted()).toEqual(farHeard.toSorted());
  });

  test("hides what is said meanwhile from a process for which nobody speaks", async () => {
    const { near, far, cutWhile } = await wiresWithLink({}, {});
    const farHeard = remarksHeardBy(far);
    await cutWhile(() => near.send(remark("q1", "meanwhile")));
    await far.ready();
    // Longer than the pauses after which it would be said again.
    await sleep(1_000);
    near.send(remark("q1", "after"));
    await until(() => farHeard.includes("after"));
    expect(farHeard).toEqual(["after"]);
  });
});
