/**
 * A server resource that is kept up to date while a component uses it.
 *
 * 1. It is read again when its view's revision changes, at most once per pause, and only one read runs at a time.
 * 2. During a read the old data stays shown; an unchanged response changes nothing.
 * 3. When an earlier time is shown, the resource is read as of that time. Charts are the same at all times.
 * 4. Resources that depend on the time wait for the first frame, which sets the shown time.
 * 5. A read that failed is repeated after a pause while the resource is used.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ViewName } from "../../view.ts";
import { readText, withQuery } from "./api.ts";
import { epoch, moment } from "./playback.ts";
import { clockAt, hasPicture, revisionOf } from "./shown.ts";

export interface Resource<T> {
  readonly data: ReadonlySignal<T | undefined>;
  readonly problem: ReadonlySignal<string | undefined>;
  /** Reads it again although its revision has not changed. */
  refresh(): void;
}

/** Minimum time between two reads [ms], live and at an earlier time. */
const livePause = 1000;
const pastPause = 250;
/** Pause after a failed read [ms]. */
const failedPause = 2000;

class KeptResource<T> implements Resource<T> {
  readonly data = signal<T | undefined>(undefined);
  readonly problem = signal<string | undefined>(undefined);
  readonly #path: string;
  readonly #view: ViewName | undefined;
  #text = "";
  #users = 0;
  #isReading = false;
  #isStale = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(path: string, view: ViewName | undefined) {
    this.#path = path;
    this.#view = view;
  }

  get #isTimeless(): boolean {
    return this.#view === undefined || this.#view === "agents";
  }

  get #pause(): number {
    if (this.problem.peek() !== undefined) return failedPause;
    return moment.peek() === undefined ? livePause : pastPause;
  }

  enter(): void {
    this.#users++;
    if (this.#users > 1) return;
    this.#unwatch = effect(() => {
      epoch.value;
      if (!this.#isTimeless && !hasPicture.value) return;
      if (this.#view !== undefined) revisionOf(this.#view).value;
      this.#schedule();
    });
  }

  refresh(): void {
    if (this.#users > 0) this.#schedule();
  }

  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#unwatch?.();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#isStale = true;
    if (this.#isReading || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#readAt + this.#pause - performance.now());
    this.#timer = setTimeout(() => void this.#read(), wait);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    this.#isReading = true;
    this.#isStale = false;
    const until = moment.peek();
    const isNow = this.#isTimeless || until === undefined;
    await readText(withQuery(this.#path, { until: isNow ? undefined : clockAt(until) })).then(
      (text) => this.#take(text),
      (error: unknown) => {
        this.problem.value = error instanceof Error ? error.message : String(error);
        this.#isStale = true;
      },
    );
    this.#readAt = performance.now();
    this.#isReading = false;
    if (this.#isStale && this.#users > 0) this.#schedule();
  }

  #take(text: string): void {
    this.problem.value = undefined;
    if (text === this.#text) return;
    this.#text = text;
    this.data.value = JSON.parse(text) as T;
  }
}

const kept = new Map<string, KeptResource<unknown>>();
const capacity = 60;

const keep = <T>(path: string, view: ViewName | undefined): KeptResource<T> => {
  const known = kept.get(path) ?? new KeptResource<unknown>(path, view);
  kept.delete(path);
  kept.set(path, known);
  if (kept.size > capacity) kept.delete(kept.keys().next().value ?? "");
  return known as KeptResource<T>;
};

/**
 * @param path without `until`
 * @param view its revision shows that the resource has changed; without a view the resource is read once
 */
export const useResource = <T>(path: string, view?: ViewName): Resource<T> => {
  const resource = useMemo(() => keep<T>(path, view), [path, view]);
  useEffect(() => {
    resource.enter();
    return () => resource.leave();
  }, [resource]);
  return resource;
};
