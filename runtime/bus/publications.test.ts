import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Publications } from "./publications.ts";

const publication = (subject: string, size = 1) => ({
  subject,
  payload: new Uint8Array(size),
  term: undefined,
});

/** A link that is flushed when the test says so. */
const linked = (limits = { deliveries: 100, bytes: 1000 }) => {
  const refused: string[] = [];
  const published: string[] = [];
  const flushes: PromiseWithResolvers<void>[] = [];
  let losses = 0;
  const publications = new Publications({
    limits,
    publish: ({ subject }) => {
      if (refused.includes(subject)) throw new Error("too large");
      published.push(subject);
    },
    flush: () => {
      const flush = Promise.withResolvers<void>();
      flushes.push(flush);
      return flush.promise;
    },
    onLoss: () => {
      losses += 1;
    },
  });
  const add = (...subjects: string[]): void => {
    for (const subject of subjects) publications.add(publication(subject));
  };
  /** The next question whether the server has everything. */
  const asked = async (): Promise<PromiseWithResolvers<void>> => {
    const count = flushes.length;
    await expect.poll(() => flushes.length).toBeGreaterThan(count);
    return flushes.at(-1) as PromiseWithResolvers<void>;
  };
  return { publications, published, refused, add, asked, flushes, losses: () => losses };
};

describe("publications", () => {
  test("that the server has confirmed are not published again, and the others are, in their order", async () => {
    const { publications, published, add, asked } = linked();
    add("a", "b");
    const first = await asked();
    add("c");
    first.resolve();
    await setImmediate();
    const second = await asked();
    publications.broken();
    second.reject(new Error("the link is broken"));
    add("d");
    expect(published).toEqual(["a", "b", "c"]);
    publications.restored();
    add("e");
    expect(published).toEqual(["a", "b", "c", "c", "d", "e"]);
    (await asked()).resolve();
    await setImmediate();
    publications.broken();
    publications.restored();
    expect(published).toHaveLength(6);
    publications.close();
  });

  test("are not confirmed by an answer that has met a broken link", async () => {
    const { publications, published, add, asked } = linked();
    add("a");
    const answer = await asked();
    publications.broken();
    publications.restored();
    answer.resolve();
    await setImmediate();
    publications.broken();
    publications.restored();
    expect(published).toEqual(["a", "a", "a"]);
    publications.close();
  });

  test("beyond the limits lose their oldest, which is reported once per loss of the link", () => {
    const { publications, published, add, losses } = linked({ deliveries: 3, bytes: 100 });
    publications.broken();
    add("a", "b", "c");
    expect(losses()).toBe(0);
    add("d", "e");
    expect(losses()).toBe(1);
    publications.add(publication("large", 98));
    publications.restored();
    expect(published).toEqual(["d", "e", "large"]);
    publications.broken();
    publications.add(publication("too large", 1000));
    publications.restored();
    expect([published.slice(3), losses()]).toEqual([["too large"], 2]);
    publications.close();
  });

  test("that the server no longer takes are lost alone, and that is reported", () => {
    const { publications, published, refused, add, losses } = linked();
    publications.broken();
    add("a", "b", "c");
    refused.push("b");
    publications.restored();
    expect([published, losses()]).toEqual([["a", "c"], 1]);
    publications.close();
  });

  test("that nobody waits for keep no question open", async () => {
    const { publications, add, asked, flushes } = linked();
    add("a");
    (await asked()).resolve();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(flushes).toHaveLength(1);
    publications.close();
  });

  test("are confirmed by a flush whose link was whole, and by no other", async () => {
    const { publications, published, add, flushes } = linked();
    add("a");
    const whole = publications.flush();
    flushes[0]?.resolve();
    expect(await whole).toBe(true);
    publications.broken();
    add("b");
    const down = publications.flush();
    publications.restored();
    flushes[1]?.resolve();
    expect(await down).toBe(false);
    const broken = publications.flush();
    publications.broken();
    flushes[2]?.reject(new Error("the link is broken"));
    await expect(broken).rejects.toThrow("the link is broken");
    publications.restored();
    expect(published).toEqual(["a", "b", "b"]);
    publications.close();
  });
});
