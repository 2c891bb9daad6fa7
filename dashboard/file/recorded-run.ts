/** What a page in one file holds of a run, read through the resources of the page's server. */
import { clockTime, playedTime } from "../page/played-time.ts";
import { changeOf } from "../page/recorded/changes.ts";
import type { Recorded } from "../page/recorded/recorded.ts";
import type {
  Chart,
  HistoryView,
  QuestionLine,
  QuestionList,
  QuestionView,
  RunView,
  TrainingView,
} from "../view.ts";

/** Returns a resource of the page's server. */
export type ReadResource = <T>(path: string) => Promise<T>;

const fixedPaths = ["api/run", "api/charts"] as const;
const timedPaths = ["api/frame", "api/growth", "api/training", "api/history"] as const;

/** Most lines that one request for the list returns. */
const listLength = 500;

const evenly = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) =>
    Math.round(from + ((to - from) * index) / Math.max(1, count - 1)),
  );

/** Oldest first. */
const allLines = async (read: ReadResource): Promise<QuestionLine[]> => {
  const lines: QuestionLine[] = [];
  for (;;) {
    const list = await read<QuestionList>(`api/questions?offset=${lines.length}&limit=${listLength}`);
    lines.push(...list.lines);
    if (list.lines.length < listLength) return lines.toReversed();
  }
};

/** `count` of them, spread over the run. */
const spread = (lines: readonly QuestionLine[], count: number): readonly QuestionLine[] => {
  if (lines.length <= count) return lines;
  return evenly(0, lines.length - 1, count).flatMap((index) => lines[index] ?? []);
};

/**
 * What persons asked first, then elite examples, then what was verified and yet wrong, what was disputed, and the others, each spread over the
 * run.
 */
export const topQuestions = (
  lines: readonly QuestionLine[],
  elite: readonly string[],
  count: number,
): string[] => {
  const classes = [
    lines.filter(({ askedBy }) => askedBy !== undefined),
    lines.filter(({ question }) => elite.includes(question)),
    lines.filter(({ misled = 0 }) => misled > 0),
    lines.filter(({ outcome }) => outcome === "disputed"),
    lines.filter(({ outcome }) => outcome === "settled"),
    lines,
  ];
  const chosen = new Set<string>();
  for (const ones of classes) {
    const fresh = ones.filter(({ question }) => !chosen.has(question));
    for (const { question } of spread(fresh, Math.max(0, count - chosen.size))) chosen.add(question);
  }
  return [...chosen];
};

/** The samples of every job. */
const jobPaths = async (read: ReadResource): Promise<string[]> => {
  const { jobs } = await read<TrainingView>("api/training");
  return jobs.map(({ job }) => `api/jobs/${encodeURIComponent(job)}`);
};

/** The texts of the machines that the charts draw. */
const machinePaths = async (read: ReadResource): Promise<string[]> =>
  Object.keys(await read<Readonly<Record<string, Chart>>>("api/charts")).map(
    (chart) => `api/machines/${chart}`,
  );

const timedResource = async (read: ReadResource, path: string, times: readonly number[]) => {
  const first = await read<unknown>(`${path}?until=${times[0]}`);
  let before = first;
  const changes = [];
  for (const at of times.slice(1)) {
    const after = await read<unknown>(`${path}?until=${at}`);
    changes.push(changeOf(before, after));
    before = after;
  }
  return { first, changes };
};

const resources = async <T>(
  paths: readonly string[],
  read: (path: string) => Promise<T>,
): Promise<Record<string, T>> => {
  const found: [string, T][] = [];
  for (const path of paths) found.push([path, await read(path)]);
  return Object.fromEntries(found);
};

/** Spread over the time in which the run was played. */
const timesOf = ({ startedAt, newestAt, breaks }: RunView, count: number): number[] =>
  evenly(startedAt, Math.max(playedTime(newestAt, breaks), startedAt + 1), count).map((played) =>
    clockTime(played, breaks),
  );

/** @param samples number of times at which the run can be seen */
export const recordedRun = async (
  read: ReadResource,
  samples: number,
): Promise<Omit<Recorded, "questions">> => {
  const times = timesOf(await read<RunView>("api/run"), samples);
  return {
    times,
    fixed: await resources(
      [...fixedPaths, ...(await jobPaths(read)), ...(await machinePaths(read))],
      (path) => read<unknown>(path),
    ),
    timed: await resources(timedPaths, (path) => timedResource(read, path, times)),
    lines: await allLines(read),
  };
};

/** In the order of `topQuestions`. */
export const transcripts = async (
  read: ReadResource,
  lines: readonly QuestionLine[],
  count: number,
): Promise<readonly (readonly [id: string, view: QuestionView])[]> => {
  const { exemplars } = await read<HistoryView>("api/history");
  const elite = exemplars.map(({ question }) => question);
  const found: [string, QuestionView][] = [];
  for (const id of topQuestions(lines, elite, count))
    found.push([id, await read<QuestionView>(`api/questions/${encodeURIComponent(id)}`)]);
  return found;
};
