/** What the page of all runs shows: the table, the ticked runs and their growth. The address holds the choice. */
import { computed, signal } from "@preact/signals";
import type { ComparisonView, RunLine, ShelfView } from "../../shelf/shelf-view.ts";
import type { GrowthView } from "../../view.ts";
import { readJson } from "../state/api.ts";

export const shelf = signal<ShelfView | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** Keys in the order of ticking: the first is what others are compared with. */
export const ticked = signal<readonly string[]>([]);
export const growths = signal<Readonly<Record<string, GrowthView>>>({});
export const comparison = signal<ComparisonView | undefined>(undefined);
export const comparisonProblem = signal<string | undefined>(undefined);

/** Pause between two reads of the table: while runs are still being read, while one is played, and else [ms]. */
const pauses = { unread: 200, playing: 3_000, idle: 15_000 };

const pauseOf = ({ unread, runs }: ShelfView): number => {
  if (unread > 0) return pauses.unread;
  return runs.some(({ state }) => state === "playing") ? pauses.playing : pauses.idle;
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const followShelf = async (): Promise<void> => {
  const pause = await readJson<ShelfView>("api/shelf").then(
    (view) => {
      shelf.value = view;
      problem.value = undefined;
      return pauseOf(view);
    },
    (error: unknown) => {
      problem.value = textOf(error);
      return pauses.playing;
    },
  );
  setTimeout(() => void followShelf(), pause);
};

/** Those that can be read, in the order of ticking. */
export const tickedRuns = computed<readonly RunLine[]>(() => {
  const runs = new Map((shelf.value?.runs ?? []).map((run) => [run.key, run]));
  return ticked.value.flatMap((key) => {
    const run = runs.get(key);
    return run === undefined || run.state === "unreadable" ? [] : [run];
  });
});

const inAddress = (): string[] => new URLSearchParams(location.hash.slice(1)).getAll("run");

/** Changes the choice and the address. */
export const tick = (keys: readonly string[]): void => {
  ticked.value = keys;
  const search = new URLSearchParams(keys.map((key) => ["run", key])).toString();
  history.replaceState(null, "", search === "" ? "#" : `#${search}`);
};

export const followChoice = (): void => {
  const read = () => {
    ticked.value = inAddress();
  };
  addEventListener("hashchange", read);
  read();
};

export const runPath = (key: string): string => `run/${encodeURIComponent(key)}/`;

export const loadGrowth = async (key: string): Promise<void> => {
  if (growths.peek()[key] !== undefined) return;
  await readJson<GrowthView>(`${runPath(key)}api/growth`).then(
    (growth) => {
      growths.value = { ...growths.peek(), [key]: growth };
    },
    (error: unknown) => {
      comparisonProblem.value = `${key}: ${textOf(error)}`;
    },
  );
};

/** Only the newest choice is shown. */
export const compare = async (keys: readonly string[]): Promise<void> => {
  comparison.value = undefined;
  comparisonProblem.value = undefined;
  const search = new URLSearchParams(keys.map((key) => ["run", key])).toString();
  const isNewest = () => keys.every((key, index) => ticked.peek()[index] === key);
  await readJson<ComparisonView>(`api/comparison?${search}`).then(
    (found) => {
      if (isNewest()) comparison.value = found;
    },
    (error: unknown) => {
      if (isNewest()) comparisonProblem.value = textOf(error);
    },
  );
};
