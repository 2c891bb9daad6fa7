import { expect, onTestFinished, test } from "vitest";
import { createMemoryBus } from "../bus/bus-memory.ts";
import { sealed } from "../messages.fixture.ts";
import { type FeedPage, readFeed, readPages } from "./entrance.ts";
import { receiveAgents } from "./reception.ts";
import { failed, left } from "./wire.fixture.ts";

/** Four records fill a page. */
const cause = "x".repeat(48_000);
const recordOf = (seq: number) => ({ seq, message: sealed({ ...failed(`j${seq}`), cause }, "trainer") });

const entranceTo = (count: number) => {
  const bus = createMemoryBus({ maxPayload: 800_000 });
  const asked: number[] = [];
  const serving = receiveAgents({
    ...{ bus, run: "r" },
    register: {
      ...{
        term: 1,
        created: 5,
        config: {},
        present: () => [sealed(left("bob"), "bob")],
        whyNot: () => undefined,
      },
      records: (after) => {
        asked.push(after);
        return Array.from({ length: count - after }, (_, index) => recordOf(after + index + 1));
      },
    },
  });
  onTestFinished(async () => {
    serving.unsubscribe();
    await bus.close();
  });
  return { asked, entrance: { bus, run: "r", agent: "ada" } };
};

test("a feed has the whole journal, page by page, the number of its last record, and who is present", async () => {
  const { asked, entrance } = entranceTo(10);
  const { records, last, created, present } = await readFeed(entrance);
  expect(records).toEqual(Array.from({ length: 10 }, (_, index) => recordOf(index + 1).message));
  expect([last, created, present.map(({ type }) => type)]).toEqual([10, 5, ["agent.left"]]);
  expect(asked).toEqual([0, 4, 8]);
});

test.each([
  { after: 10, pages: [10], found: 0 },
  { after: 3, pages: [7, 10], found: 7 },
])("after record $after the journal has $found", async ({ after, pages, found }) => {
  const { entrance } = entranceTo(10);
  const read: FeedPage[] = [];
  for await (const page of readPages(entrance, after)) read.push(page);
  expect(read.map(({ last }) => last)).toEqual(pages);
  expect(read.flatMap(({ records }) => records)).toHaveLength(found);
  expect(read.map(({ present }) => present?.length)).toEqual([...pages.slice(1).map(() => undefined), 1]);
});

test("a journal without records has a feed", async () => {
  const { entrance } = entranceTo(0);
  expect(await readFeed(entrance)).toMatchObject({ records: [], last: 0 });
});
