/** What a bus can lose on the way from a question to its record, to a whole society: nothing of it stays lost. */
import { expect, test } from "vitest";
import type { Bus } from "../../runtime/bus/bus.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import type { MessageType } from "../../runtime/messages.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

// Large to import: not on any test's time.
/** Loses the first messages of a type. */
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
  "a question whose %s is lost settles all the same, once, and its round is whole",
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
