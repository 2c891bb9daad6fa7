/**
 * Controls which time of the run is shown and how playback continues.
 *
 * 1. `following`: each frame is shown when it arrives. `held`: a live run is paused or slowed; frames are kept and
 *    shown when due. `past`: the server is asked for the frame of each time.
 * 2. Only one request for a past frame runs at a time; the latest requested time wins.
 * 3. Its times are those of the run: it goes on without a pause where nobody played. Frames have the time on the clock.
 * 4. Playback that reaches the newest record follows a live run again; a replay stops there.
 */
import { computed, effect, signal } from "@preact/signals";
import type { Frame, RunView } from "../../view.ts";
import { ledger } from "../flow/ledger.ts";
import { readJson, withQuery } from "./api.ts";
import { Feed } from "./feed.ts";
import { clockAt, playedAt, run, show, shownAt } from "./shown.ts";
import { WaitingFrames } from "./waiting-frames.ts";

type Mode = "following" | "held" | "past";

export const speeds = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60] as const;

export { run };
export const problem = signal<string | undefined>(undefined);
const mode = signal<Mode>("following");
/** The shown time; undefined while a live run is followed. */
export const moment = signal<number | undefined>(undefined);
export const newestAt = signal(0);
export const playing = signal(false);
export const speed = signal(1);
/** Increases when all data must be read again, such as after a restart of the server. */
export const epoch = signal(0);

export const isFollowing = computed(() => mode.value === "following");
/** The run's outcome in the newest frame, whichever is shown. */
const outcome = signal<string | undefined>(undefined);
/** True while the run itself is in progress. */
export const isLive = computed(() => (run.value?.live ?? false) && outcome.value === undefined);

/** Time between two playback steps [ms], and the length of one step in the past [ms of the run]. */
const tickPause = 100;
const stepLength = 1000;

const held = new WaitingFrames();

/** @param isPast true if the frame's flows are those of a second that was recorded */
const present = (frame: Frame, whole: boolean, isPast = false): void => {
  if (isPast) ledger.record(frame.flows);
  else ledger.add(frame.flows);
  show(frame, whole);
};

let requestedTime: number | undefined;
let isRequesting = false;

const receive = (frame: Frame, whole: boolean): void => {
  newestAt.value = Math.max(newestAt.peek(), playedAt(frame.at));
  outcome.value = frame.ended;
  if (mode.peek() === "following") present(frame, whole);
  else if (mode.peek() === "held") held.push({ frame, whole });
};

const feed = new Feed({ frame: receive, reopened: () => void resume() });

const loadRun = async (): Promise<RunView | undefined> => {
  try {
    const view = await readJson<RunView>("api/run");
    problem.value = undefined;
    const known = run.peek()?.run === view.run ? newestAt.peek() : 0;
    run.value = view;
    newestAt.value = Math.max(playedAt(view.newestAt), known);
    return view;
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
};

const requestFrames = async (): Promise<void> => {
  if (isRequesting) return;
  isRequesting = true;
  while (requestedTime !== undefined) {
    const until = requestedTime;
    requestedTime = undefined;
    await readJson<Frame>(withQuery("api/frame", { until: clockAt(until) })).then(
      (frame) => {
        problem.value = undefined;
        if (mode.peek() === "past") present(frame, true, true);
      },
      (error: unknown) => {
        problem.value = error instanceof Error ? error.message : String(error);
      },
    );
  }
  isRequesting = false;
};

const showPast = (at: number): void => {
  moment.value = at;
  requestedTime = at;
  void requestFrames();
};

/** Shows the frame of a time; playback, if on, continues from there. */
export const seek = (at: number): void => {
  const startedAt = run.peek()?.startedAt ?? at;
  mode.value = "past";
  held.clear();
  ledger.clear();
  showPast(Math.min(Math.max(at, startedAt), newestAt.peek()));
};

/** Returns from a past or held time to the newest one. */
export const follow = (): void => {
  if (run.peek()?.live === true) rejoin();
  else seek(newestAt.peek());
};

const rejoin = (): void => {
  const wasPast = mode.peek() === "past" || !held.isComplete;
  if (wasPast) ledger.clear();
  playing.value = false;
  speed.value = 1;
  for (const { frame, whole } of held.until(Number.POSITIVE_INFINITY)) present(frame, whole);
  held.clear();
  mode.value = "following";
  moment.value = undefined;
  if (wasPast) feed.open();
};

const hold = (): void => {
  held.clear();
  mode.value = "held";
  moment.value = shownAt.peek();
};

export const pause = (): void => {
  if (mode.peek() === "following") hold();
  playing.value = false;
};

export const play = (): void => {
  if (isFollowing.peek() && isLive.peek()) return;
  const isAtEnd = isFollowing.peek() || (moment.peek() ?? 0) >= newestAt.peek();
  if (isAtEnd && mode.peek() !== "held") seek(run.peek()?.startedAt ?? 0);
  playing.value = true;
};

/** Stops what moves and moves what stands still. */
export const toggle = (): void => {
  if (isFollowing.peek() ? isLive.peek() : playing.peek()) pause();
  else play();
};

/** Advances by one frame in a held run, by one second in the past. */
export const step = (): void => {
  if (mode.peek() === "following") hold();
  playing.value = false;
  if (mode.peek() === "past") seek((moment.peek() ?? 0) + stepLength);
  else stepHeld();
};

const stepHeld = (): void => {
  const next = held.next();
  if (next === undefined) return;
  present(next.frame, next.whole);
  moment.value = playedAt(next.frame.at);
};

/** A speed below 1 while following holds the live frames and plays them slowly. */
export const setSpeed = (factor: number): void => {
  speed.value = factor;
  if (mode.peek() !== "following" || factor >= 1) return;
  hold();
  playing.value = true;
};

const playHeld = (to: number): void => {
  for (const { frame, whole } of held.until(clockAt(to))) present(frame, whole);
  moment.value = Math.min(to, newestAt.peek());
  if (!held.isComplete) seek(to);
  else if (speed.peek() >= 1 && held.size === 0) follow();
};

const playPast = (to: number): void => {
  showPast(Math.min(to, newestAt.peek()));
  if (to < newestAt.peek()) return;
  if (isLive.peek()) follow();
  else playing.value = false;
};

const tick = (elapsed: number): void => {
  if (!playing.peek()) return;
  const to = (moment.peek() ?? 0) + elapsed * speed.peek();
  if (mode.peek() === "held") playHeld(to);
  else if (mode.peek() === "past") playPast(to);
};

/**
 * Loads the run and shows it: at a given time, live if it is live, otherwise at its end. Whether it is live is not
 * awaited before its feed opens.
 */
export const start = async (at?: number): Promise<void> => {
  if (at !== undefined) mode.value = "past";
  feed.open();
  const view = await loadRun();
  if (view === undefined) return void setTimeout(() => void start(at), stepLength);
  if (!view.live) feed.close();
  if (at !== undefined) seek(at);
  else if (!view.live) seek(playedAt(view.newestAt));
};

/** After a reconnect the server may have more data, less data or another run. */
const resume = async (): Promise<void> => {
  const view = await loadRun();
  epoch.value += 1;
  if (view === undefined) return void setTimeout(() => void resume(), stepLength);
  const newest = playedAt(view.newestAt);
  if (mode.peek() === "past") seek(moment.peek() ?? newest);
  else if (!view.live) seek(newest);
  else if (mode.peek() === "held") seek(moment.peek() ?? newest);
};

/** Starts the playback timer. */
export const startClock = (): void => {
  effect(() => {
    ledger.isMoving = playing.value;
  });
  let before = performance.now();
  setInterval(() => {
    const now = performance.now();
    tick(now - before);
    before = now;
  }, tickPause);
};
