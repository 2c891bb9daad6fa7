import { expect, test } from "vitest";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import type { Components } from "../../runtime/messages.ts";
import type { Fact } from "../record/facts.ts";
import { Picture } from "./picture.ts";
import { Pictures } from "./pictures.ts";

const opened = (round: number, components?: Components): Fact => ({
  ...{ type: "round.opened", from: "supervisor", at: 10 * round, round, attempt: 0, generator: "ant" },
  ...{ difficulty: 3, count: 2, strategy: "explore" },
  ...(components === undefined ? {} : { components }),
});
const set = (at: number, components: Components): Fact => ({
  ...{ type: "operator.set", from: "operator", at, act: "a1", operator: "page", components },
});
const forked: Fact = {
  ...{ type: "run.forked", from: "host", at: 90, act: "f1", operator: "page" },
  ...{ parent: "test", records: 4, changed: [] },
};

test("the components of the headline are those of the round that is shown, as in the panel of acts", () => {
  const facts = [opened(1), set(15, { lora: false }), opened(2, { lora: false }), opened(3)];
  const pictures = new Pictures({ config: societyConfig({ fem: false }), startedAt: 0, facts, feed: [] });
  const at = (until: number) => pictures.at(until);
  expect(at(5).headline.view().components).toMatchObject({ lora: true, fem: false, externalAnchor: true });
  const seen = [12, 17, 22, 30].map((until) => at(until).headline.view().components.lora);
  expect(seen).toEqual([true, true, false, true]);
  for (const until of [12, 22, 30])
    expect(at(until).headline.view().components).toEqual(at(until).acts.view().components);
});

test("a fork has its own configuration, and the page hears of it", () => {
  const picture = new Picture(societyConfig(), 0);
  picture.accept(opened(1, { lora: false }));
  const { revision } = picture.headline;
  picture.accept(forked);
  expect(picture.headline.view().components.lora).toBe(true);
  expect(picture.headline.revision).toBeGreaterThan(revision);
});
