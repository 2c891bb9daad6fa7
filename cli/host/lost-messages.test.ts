/** A whole society whose bus loses messages between a question and its record: every question still settles. */
import { expect, test } from "vitest";
import type { Bus } from "../../runtime/bus/bus.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import type { MessageType } from "../../runtime/messages.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

/** A bus that loses the first messages of a type. */
const losing = (type: MessageType, count: number): { readonly bus: Bus; readonly lost: string[] } => {
  const bus = createMemoryBus();
  const lost: string[] = [];
  const publish = (subject: string, payload: Uint8Array): void => {
    if (subject.includes(`.${type}.`) && lost.length < count) lost.push(subject);
    else bus.publish(subject, payload);
  };
  const lossy = new Proxy(bus, {
    get: (target, key) => {
      if (key === "publish") return publish;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { bus: lossy, lost };
};

test.each(["question.closed", "question.settled"] as const)(
  "a question whose %s is lost still settles, once, and its round is complete",
  async (type) => {
    const config = societyConfig({ phaseTimeoutSeconds: 2, callTimeoutSeconds: 2, externalAnchor: false });
    const { bus, lost } = losing(type, 3);
    const { end, records } = await playWith(config, scriptedParts(config, { bus }));
    expect(lost).toHaveLength(3);
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect(ofType(records, "round.closed").map(({ settled }) => settled)).toEqual([2, 2]);
    const questions = ofType(records, "question.settled").map(({ dossier }) => dossier.question);
    expect([questions.length, new Set(questions).size]).toEqual([4, 4]);
  },
);
