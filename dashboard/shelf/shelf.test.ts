/** The page of all runs: what it reads of a folder, and what its server gives and refuses. */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRecorded } from "../../cli/commands/recorded.ts";
import { compareFolders } from "../../cli/commands/shelf.ts";
import { resultIn } from "../../experiments/arms/run-state.ts";
import { comparedFacts } from "../../experiments/compare/compared-runs.ts";
import { mean } from "../../experiments/statistics/summary.ts";
import { Closings } from "../../runtime/closings.fixture.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import type { GrowthView, RunView } from "../view.ts";
import { shelfFolder } from "./shelf.fixture.ts";
import { Shelf } from "./shelf.ts";
import { type ShelfPage, serveShelf } from "./shelf-server.ts";
import type { ComparisonView, ShelfView } from "./shelf-view.ts";

const closings = new Closings();
let folder = "";
let page: ShelfPage;
const troubles: unknown[] = [];

const get = (path: string): Promise<Response> => fetch(new URL(path, page.url));
const read = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T;

const whole = async (shelf: Shelf): Promise<ShelfView> => {
  for (;;) {
    const view = await shelf.view();
    if (view.unread === 0) return view;
  }
};

const emptyFolder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "agora-shelf-"));
  closings.add(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

beforeAll(async () => {
  folder = await shelfFolder(closings);
  const onTrouble = (cause: unknown) => void troubles.push(cause);
  page = await serveShelf({ folder, port: 0, compare: compareFolders, onTrouble });
  closings.add(() => page.close());
}, 60_000);
afterAll(closings.close);

describe("a folder of runs", () => {
  test("gives a line for each run, with its arm, sums, and what was measured", async () => {
    const { runs, experiments, foreign } = await whole(new Shelf(folder));
    expect(runs.map(({ key }) => key)).toEqual([
      ...["alone", "damaged"],
      ...["trial/trial-calm-1", "trial/trial-calm-2", "trial/trial-full-1", "trial/trial-full-2"],
    ]);
    expect(foreign).toEqual(["foreign"]);
    expect(experiments).toMatchObject([{ name: "trial", planned: 4, begun: 4, hasReport: false }]);
    const calm = runs.find(({ key }) => key === "trial/trial-calm-1");
    expect(calm).toMatchObject({
      ...{ experiment: "trial", arm: "calm", state: "finished", seed: 1, rounds: 3 },
      ...{ models: ["ant", "bee", "cat"], without: ["gate", "fem"].filter((name) => name === "fem") },
    });
    const facts = resultIn(join(folder, "trial/trial-calm-1"));
    expect(calm?.questions).toBe(facts?.questions);
    const total = facts?.usage.total;
    expect(calm?.tokens).toBe((total?.promptTokens ?? 0) + (total?.completionTokens ?? 0));
  });

  test("has the accuracy that agora compare has", async () => {
    const { runs } = await whole(new Shelf(folder));
    const [first, second] = await Promise.all([
      readRecorded(join(folder, "alone"), "."),
      readRecorded(join(folder, "trial/trial-full-1"), "."),
    ]);
    const [difference] = comparedFacts([first, second]).comparisons[0]?.differences ?? [];
    const alone = runs.find(({ key }) => key === "alone");
    expect(alone?.accuracy?.set).toBe(difference?.set);
    expect(alone?.accuracy?.after).toBeCloseTo(difference?.first ?? Number.NaN, 10);
    expect(mean([alone?.accuracy?.before ?? Number.NaN])).toBeGreaterThan(0);
  });

  test("takes runs that differ in the seed only for one family", async () => {
    const { runs } = await whole(new Shelf(folder));
    const families = (key: RegExp) =>
      new Set(runs.filter((run) => key.test(run.key)).map((run) => run.family));
    expect(families(/full|alone/).size).toBe(1);
    expect(families(/full|calm/).size).toBe(2);
  });

  test("shows a run that a process plays, and one that it left", async () => {
    const shelf = new Shelf(folder);
    const stateOf = async () => (await whole(shelf)).runs.find(({ key }) => key === "alone")?.state;
    expect(await stateOf()).toBe("finished");
    const lock = RunLock.acquire(join(folder, "alone"));
    await expect.poll(stateOf).toBe("playing");
    lock.release();
    await expect.poll(stateOf).toBe("finished");
  });

  test("says what is wrong with a damaged run, and what it does not know", async () => {
    const { runs } = await whole(new Shelf(folder));
    expect(runs.find(({ key }) => key === "damaged")).toMatchObject({
      state: "unreadable",
      problem: expect.stringContaining("damaged"),
    });
    expect(() => new Shelf(join(folder, "absent"))).toThrow("there is no folder");
  });

  test("may hold links to runs and experiments elsewhere", async () => {
    const links = emptyFolder();
    for (const name of ["alone", "trial", "absent"]) symlinkSync(join(folder, name), join(links, name));
    symlinkSync("circle", join(links, "circle"));
    const { runs, foreign } = await whole(new Shelf(links));
    expect(runs.map(({ key }) => key)).toEqual([
      "alone",
      ...["trial/trial-calm-1", "trial/trial-calm-2", "trial/trial-full-1", "trial/trial-full-2"],
    ]);
    expect(foreign).toEqual([]);
  });

  test("is only read", async () => {
    const before = readdirSync(folder, { recursive: true }).toSorted();
    await whole(new Shelf(folder));
    const after = readdirSync(folder, { recursive: true }).toSorted();
    expect(after.filter((file) => !/-(shm|wal)$/.test(String(file)))).toEqual(
      before.filter((file) => !/-(shm|wal)$/.test(String(file))),
    );
  });
});

describe("its server", () => {
  test("gives the page of each run at its own address", async () => {
    const run = `run/${encodeURIComponent("trial/trial-full-1")}`;
    expect((await read<RunView>(`${run}/api/run`)).run).toBe("trial-full-1");
    expect((await read<GrowthView>(`${run}/api/growth`)).rounds).toHaveLength(3);
    const html = await get(run);
    expect(html.url).toMatch(/\/$/);
    expect(html.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await html.text()).toContain('src="/main.ts"');
  });

  test("gives the page of the run that is there, where another one had its name", async () => {
    const runs = emptyFolder();
    const shelf = await serveShelf({ folder: runs, port: 0, compare: compareFolders });
    closings.add(() => shelf.close());
    const seed = async () => {
      const view = (await (await fetch(new URL("run/same/api/run", shelf.url))).json()) as RunView;
      return view.config.seed;
    };
    for (const [name, seedOfRun] of [["alone", 7] as const, ["trial/trial-full-2", 2] as const]) {
      cpSync(join(folder, name), join(runs, "same"), { recursive: true });
      expect(await seed()).toBe(seedOfRun);
      expect(await seed()).toBe(seedOfRun);
      rmSync(join(runs, "same"), { recursive: true });
      expect((await fetch(new URL("run/same/api/run", shelf.url))).status).toBe(404);
    }
  });

  test("gives the figures of agora compare", async () => {
    const keys = ["alone", "trial/trial-calm-1"];
    const search = keys.map((key) => `run=${encodeURIComponent(key)}`).join("&");
    const [first, second] = await Promise.all(keys.map((key) => readRecorded(join(folder, key), ".")));
    if (first === undefined || second === undefined) throw new Error("both runs are there");
    const found = await read<ComparisonView>(`api/comparison?${search}`);
    expect(found).toEqual(JSON.parse(JSON.stringify(comparedFacts([first, second]))));
    expect(found.config).toMatchObject({ fem: [true, false] });
  });

  test("refuses what is not in the folder, with a reason", async () => {
    for (const path of [
      "run/absent/api/run",
      "run/..%2F..%2Fetc/api/run",
      "run/%2e%2e/api/run",
      "api/comparison?run=alone&run=absent",
      "report?experiment=trial",
      "report?experiment=..",
      "figure?experiment=trial&name=..%2Freport",
    ]) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.json()).toMatchObject({ code: "AGORA_PAGE_UNKNOWN" });
    }
    for (const path of ["api/comparison?run=alone", "run/%zz/", "run/%zz/api/run"]) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.json()).toMatchObject({ code: "AGORA_PAGE_QUERY" });
    }
    expect(troubles).toEqual([]);
    const damaged = await get("run/damaged/api/run");
    expect(await damaged.json()).toMatchObject({ problem: expect.stringContaining("damaged") });
    expect((await fetch(page.url, { headers: { origin: "http://elsewhere.example" } })).status).toBe(403);
  });

  test("answers other methods as the page of a run does", async () => {
    for (const path of ["", "api/shelf", "run/alone/api/run", "nothing"])
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const response = await fetch(new URL(path, page.url), { method });
        const { code } = (await response.json()) as { code: string };
        expect([method, path, response.status, code]).toEqual([method, path, 405, "AGORA_PAGE_METHOD"]);
      }
    const act = { method: "POST", headers: { "content-type": "application/json" }, body: '{"act":"pause"}' };
    const refused = await fetch(new URL("run/alone/api/acts", page.url), act);
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: "AGORA_PAGE_REPLAY" }]);
  });
});
