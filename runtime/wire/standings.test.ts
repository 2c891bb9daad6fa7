/** Whether agents take part: the last word of each is heard once, also by those whose link was cut meanwhile. */
import { describe, expect, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { natsNote, skipNats } from "../bus/nats-server.fixture.ts";
import type { Draft } from "../messages.ts";
import { presenceTypes } from "../presence-messages.ts";
import { deliveryOf, wiresWithLink } from "./cut-link.fixture.ts";
import { Standings } from "./standings.ts";
import { left, remark } from "./wire.fixture.ts";
import type { Wire } from "./wire.ts";

const joined = (agent: string): Draft => ({
  ...{ type: "agent.joined", agent, kind: "model", machine: null, member: true },
});
const lapsed = (agent: string): Draft => ({ type: "agent.lapsed", agent, failures: 3, cause: "HTTP 401" });
const recovered = (agent: string): Draft => ({ type: "agent.recovered", agent });

const pulsed = (agent: string, life = "first"): Draft<"agent.pulsed"> => ({
  ...{ type: "agent.pulsed", agent, life, every: 1 },
});

const say = (standings: Standings, draft: Draft, from = "ada"): void => {
  const { letter, delivery } = deliveryOf(draft, 1, from);
  standings.say(delivery.subject, letter);
};

const typesIn = (standings: Standings): string[] =>
  standings.said().map(({ letter: { message } }) => message.type);

describe("standings", () => {
  test("keep that an agent has joined, and its last word", () => {
    const standings = new Standings();
    for (const draft of [joined("ada"), lapsed("ada"), recovered("ada")]) say(standings, draft);
    expect(typesIn(standings)).toEqual(["agent.joined", "agent.recovered"]);
    say(standings, left("ada"));
    expect(typesIn(standings)).toEqual(["agent.joined", "agent.left"]);
    say(standings, joined("ada"));
    expect(typesIn(standings)).toEqual(["agent.joined"]);
  });

  test("keep the last word of one that has joined through another wire", () => {
    const standings = new Standings();
    for (const draft of [lapsed("ada"), recovered("ada"), lapsed("ada")]) say(standings, draft);
    expect(typesIn(standings)).toEqual(["agent.lapsed"]);
  });

  test("keep only what agents say of themselves", () => {
    const standings = new Standings();
    say(standings, lapsed("ada"), "attendance");
    say(standings, remark("q1"));
    expect(standings.said()).toEqual([]);
  });

  test("tell a repetition from the same word, or sign of life, of another time", () => {
    const standings = new Standings();
    const hear = (draft: Draft, at: number): boolean => {
      const { message, delivery } = deliveryOf(draft, at);
      return standings.hear(message, delivery);
    };
    const heard = [
      ...[hear(lapsed("ada"), 1), hear(lapsed("ada"), 1), hear(recovered("ada"), 2), hear(lapsed("ada"), 3)],
      ...[hear(pulsed("ada"), 1), hear(pulsed("ada"), 1), hear(pulsed("ada"), 2)],
      ...[hear(remark("q1"), 1), hear(remark("q1"), 1)],
    ];
    expect(heard).toEqual([true, false, true, true, true, false, true, true, true]);
  });
});

describe.skipIf(skipNats)(`a link that was cut${natsNote}`, () => {
  const wordsHeardBy = (wire: Wire): string[] => {
    const heard: string[] = [];
    wire.hear(presenceTypes, ({ type, agent }) => void heard.push(`${type} ${agent}`));
    return heard;
  };

  test("shows no sign of life of the time in which it was cut, but a farewell", async () => {
    const { near, far, cutWhile } = await wiresWithLink({}, {});
    const heard: (string | undefined)[] = [];
    near.hear(["agent.pulsed"], ({ life, leaves }) => void heard.push(leaves ?? life));
    far.send(pulsed("bob", "before"), "bob");
    await until(() => heard.length === 1);
    await cutWhile(() => {
      far.send(pulsed("bob", "meanwhile"), "bob");
      far.send({ ...pulsed("bob", "meanwhile"), leaves: "farewell" }, "bob");
    });
    await until(() => heard.includes("farewell"));
    far.send(pulsed("bob", "after"), "bob");
    await until(() => heard.includes("after"));
    expect(heard).toEqual(["before", "farewell", "after"]);
  });

  test("hides from nobody who has joined or lapsed meanwhile, and nothing is heard twice", async () => {
    const { near, far, cutWhile } = await wiresWithLink({}, { speaker: "bob" });
    const [nearHeard, farHeard] = [wordsHeardBy(near), wordsHeardBy(far)];
    near.send(joined("ada"), "ada");
    await until(() => farHeard.length === 1);
    await cutWhile(() => {
      near.send(joined("cyd"), "cyd");
      near.send(lapsed("ada"), "ada");
    });
    await until(() => farHeard.length === 3);
    near.send(recovered("ada"), "ada");
    await until(() => farHeard.length === 4);
    expect(farHeard.toSorted()).toEqual([
      ...["agent.joined ada", "agent.joined cyd", "agent.lapsed ada", "agent.recovered ada"],
    ]);
    expect(nearHeard.toSorted()).toEqual(farHeard.toSorted());
  });
});
