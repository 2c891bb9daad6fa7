/** Runs are played several at once; failures and stops are told apart. */
import { expect, test } from "vitest";
import { playAll, type RunEnding, type RunProcess } from "./schedule.ts";

/** Processes that end when the test says so. */
const fakes = () => {
  const ends = new Map<string, (ending: RunEnding) => void>();
  const stopped: string[] = [];
  const start = (run: string): RunProcess => {
    const { promise, resolve } = Promise.withResolvers<RunEnding>();
    ends.set(run, resolve);
    const stop = (): void => {
      stopped.push(run);
      resolve({ ending: "stopped" });
    };
    return { ended: promise, stop };
  };
  const end = async (run: string, ending: RunEnding): Promise<void> => {
    ends.get(run)?.(ending);
    await new Promise(setImmediate);
  };
  return { start, end, stopped, started: () => [...ends.keys()] };
};

const failed: RunEnding = { ending: "failed", reason: "no model answers", exit: 4 };

test("as many as allowed run at once, and a failure does not stop the others", async () => {
  const { start, end, started } = fakes();
  const endings: [string, string][] = [];
  const all = playAll({
    ...{ runs: ["a", "b", "c", "d"], parallel: 2, signal: new AbortController().signal, start },
    onEnd: (run, { ending }) => void endings.push([run, ending]),
  });
  expect(started()).toEqual(["a", "b"]);
  await end("b", failed);
  expect(started()).toEqual(["a", "b", "c"]);
  await end("a", { ending: "finished" });
  for (const run of ["c", "d"]) await end(run, { ending: "finished" });
  await all;
  expect(endings).toEqual([
    ["b", "failed"],
    ["a", "finished"],
    ["c", "finished"],
    ["d", "finished"],
  ]);
});

test("an abort stops the runs under way once, waits for them, and starts no other", async () => {
  const { start, stopped, started } = fakes();
  const stopping = new AbortController();
  const endings: string[] = [];
  const all = playAll({
    ...{ runs: ["a", "b", "c"], parallel: 2, signal: stopping.signal, start },
    onEnd: (run, { ending }) => void endings.push(`${run} ${ending}`),
  });
  stopping.abort();
  await all;
  expect([started(), stopped, endings]).toEqual([
    ["a", "b"],
    ["a", "b"],
    ["a stopped", "b stopped"],
  ]);
});
