/** Rounds that overlap, in a whole society: the next is posed and solved while stragglers of the last one finish. */
import { expect, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import type { Script, ScriptedAnswer } from "../../runtime/model/scripted.ts";
import { troublesIn } from "./english-society.fixture.ts";
import { soundScript } from "./scripted-society.ts";
import { ofType, play, societyConfig } from "./society.fixture.ts";

/** Every tenth solution takes much longer than the rest. */
const straggling = (seed: number): Script => {
  const sound = soundScript(seed);
  let solved = 0;
  return {
    ...sound,
    solver: (call): ScriptedAnswer => {
      const { solver } = sound;
      const said = typeof solver === "function" ? solver(call) : "";
      const text = typeof said === "string" ? said : (said.text ?? "");
      solved += 1;
      return { text, delaySeconds: solved % 10 === 0 ? 1 : 0.002 };
    },
  };
};

const indexOf = (messages: readonly Message[], type: "round.opened" | "round.closed", round: number) =>
  messages.findIndex((message) => message.type === type && message.round === round);

test("a society with stragglers plays every round whole, and opens the next before the last has closed", async () => {
  const config = societyConfig({ rounds: 4, questionsPerRound: 8, overlap: 0.5, externalAnchor: false });
  const scripts = Object.fromEntries(config.models.map(({ name }, index) => [name, straggling(index)]));
  const { end, records, troubles } = await play(config, { scripts });
  expect([end, troubles]).toEqual([{ outcome: "finished", reason: "4 rounds played" }, []]);
  expect(troublesIn(records)).toEqual([]);
  const closed = ofType(records, "round.closed");
  expect(closed.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
  expect(closed.map(({ settled, voided }) => settled + voided)).toEqual([8, 8, 8, 8]);
  expect(closed.map(({ staleness }) => staleness?.rounds)).toEqual([0, 1, 1, 1]);
  for (const round of [1, 2, 3]) {
    expect(indexOf(records, "round.opened", round)).toBeLessThan(indexOf(records, "round.closed", round - 1));
  }
});
