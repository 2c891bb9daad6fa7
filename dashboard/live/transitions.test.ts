import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { assign, setup } from "xstate";
import { planOf } from "../../actors/agent.ts";
import { House } from "../../actors/house.ts";
import { modelMachine } from "../../machines/model.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import type { Message } from "../../runtime/messages.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { machineGraph } from "../charts/machine-graph.ts";
import { feedFile, parseFeedLine } from "../record/feed.ts";
import { RecordedStates } from "../views/states.ts";
import { FeedWriter } from "./feed-writer.ts";
import { Observation } from "./observation.ts";
import { soleArrows } from "./sole-arrows.ts";

/** Two arrows for one event between the same states, told apart by their guards only; other events are counted. */
const presence = setup({
  types: { context: {} as { seen: number }, events: {} as Message },
  guards: {
    answers: ({ event }) => event.type === "remark.made" && event.text === "answers",
    lapses: ({ event }) => event.type === "remark.made" && event.text === "lapses",
    returns: ({ event }) => event.type === "remark.made" && event.text === "returns",
  },
  actions: { count: assign({ seen: ({ context }) => context.seen + 1 }) },
}).createMachine({
  id: "presence",
  context: { seen: 0 },
  initial: "present",
  states: {
    present: {
      on: {
        "remark.made": [
          { guard: "answers", target: "absent" },
          { guard: "lapses", target: "absent" },
          { actions: "count" },
        ],
      },
    },
    absent: { on: { "remark.made": { guard: "returns", target: "present" } } },
  },
});

const labelOf = (arrows: readonly string[] | undefined): (string | undefined)[] => {
  const { edges } = machineGraph(presence);
  return (arrows ?? []).map((arrow) => edges.find(({ id }) => id === arrow)?.label);
};

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

const testHouse = () => {
  const wire = createWire({ bus: createMemoryBus(), run: "test", onSendError: () => {}, clock: () => 7 });
  const house = new House({ wire, onFatal: () => {} });
  const named = { plan: planOf("model", presence, undefined), member: true, essential: false };
  house.admit({ name: "ant", ...named });
  onTestFinished(() => {
    house.close();
    wire.close();
  });
  const say = async (text: string) => {
    wire.send({ type: "remark.made", question: "q1", kind: "test", text }, "bee");
    await settled();
  };
  return { house, say };
};

describe("the arrows taken last", () => {
  const watched = () => {
    const { house, say } = testHouse();
    const observation = new Observation(house);
    observation.start();
    const last = () => labelOf(observation.transitions.last().get("ant"));
    return { observation, say, last };
  };

  test("are told apart by their guard, not by the event", async () => {
    const { say, last } = watched();
    await say("answers");
    expect(last()).toEqual(["remark.made [answers]"]);
    await say("returns");
    expect(last()).toEqual(["remark.made [returns]"]);
    await say("lapses");
    expect(last()).toEqual(["remark.made [lapses]"]);
  });

  test("remain while events take no arrow", async () => {
    const { say, last, observation } = watched();
    await say("lapses");
    await say("returns");
    await say("idle talk");
    expect(last()).toEqual(["remark.made [returns]"]);
    expect(observation.events({ agent: "ant", limit: 1 })[0]).toMatchObject({
      arrows: [],
      questions: ["q1"],
    });
  });

  test("are counted, each for itself", async () => {
    const { say, observation } = watched();
    for (const text of ["lapses", "returns", "answers", "returns", "lapses", "idle talk"]) await say(text);
    expect(observation.transitions.counts("ant")).toEqual({ "present#0": 1, "present#1": 2, "absent#0": 2 });
    expect(observation.transitions.counts("nobody")).toEqual({});
  });
});

describe("an arrow judged by the states alone", () => {
  const from = (before: string, after: string) => soleArrows(modelMachine, [before], [after]);
  const words = (arrows: readonly string[]) =>
    arrows.map((arrow) => machineGraph(modelMachine).edges.find(({ id }) => id === arrow)?.label);

  test("is the only one that leads from the states before to those after", () => {
    expect(words(from("solver.resting", "solver.solving"))).toEqual(["question.posed [invited]"]);
    expect(words(from("presence.present", "presence.absent.waiting"))).toEqual(["work.ended [lapses]"]);
    expect(from("solver.resting", "solver.resting")).toEqual([]);
  });

  test("is none where several lead there", () => {
    expect(from("presence.absent.trying", "presence.present")).toEqual([]);
    expect(from("verifier.resting", "verifier.verifying")).toEqual([]);
    expect(from("weights.serving", "weights.adopting")).toEqual([]);
  });
});

describe("a feed", () => {
  const recorded = async (isWatched: boolean) => {
    const { house, say } = testHouse();
    const observation = new Observation(house);
    if (isWatched) observation.start();
    const folder = mkdtempSync(join(tmpdir(), "agora-taken-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const feed = new FeedWriter(folder);
    feed.start(house, () => (isWatched ? observation.transitions : undefined));
    onTestFinished(() => feed.close());
    const states = new RecordedStates();
    let lines = 0;
    /** The arrows that a replay shows after the next line. */
    const shown = () => {
      feed.write();
      const all = readFileSync(feedFile(folder), "utf8")
        .split("\n")
        .filter((line) => line !== "");
      for (const line of all.slice(lines)) states.acceptMoment(parseFeedLine(line) ?? { at: 0 });
      lines = all.length;
      return labelOf(states.view().taken.get("ant"));
    };
    return { say, shown };
  };

  test("records the arrows that were taken while a page is open", async () => {
    const { say, shown } = await recorded(true);
    expect(shown()).toEqual([]);
    await say("answers");
    expect(shown()).toEqual(["remark.made [answers]"]);
    await say("returns");
    await say("lapses");
    expect(shown()).toEqual(["remark.made [lapses]"]);
  });

  test("records an arrow without a viewer only where no other leads there", async () => {
    const { say, shown } = await recorded(false);
    expect(shown()).toEqual([]);
    await say("answers");
    expect(shown()).toEqual([]);
    await say("returns");
    expect(shown()).toEqual(["remark.made [returns]"]);
  });
});

test("the counts of a crowd's arrows add up over the feed's lines", () => {
  const states = new RecordedStates();
  for (const counts of [{ "a#0": 2 }, { "a#0": 3, "b#1": 1 }])
    states.acceptMoment({ at: 1, passed: { questions: counts } });
  expect(states.passed("questions")).toEqual({ "a#0": 5, "b#1": 1 });
  expect(states.passed("jobs")).toEqual({});
});
