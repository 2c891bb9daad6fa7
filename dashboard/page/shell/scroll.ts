/**
 * The scroll position of each entry of the browser's history. A new entry begins at the top; the way back leads to where
 * the reader has left an entry, as soon as its content is that long again.
 */

/** What the browser keeps with an entry: a name that no other has, also after a reload. */
interface Named {
  readonly entry?: number;
}

/** By the entry's name. */
const positions = new Map<number, number>();

/** Defined while the content is too short for the position. */
let waiting: AbortController | undefined;

const nameOfEntry = (): number | undefined => ((history.state ?? {}) as Named).entry;

const nameEntry = (): number => {
  const known = nameOfEntry();
  if (known !== undefined) return known;
  const entry = performance.timeOrigin + performance.now();
  history.replaceState({ entry } satisfies Named, "");
  return entry;
};

const stopWaiting = (): void => {
  waiting?.abort();
  waiting = undefined;
};

/** An entry without a name has just begun: it is still the view before that scrolls. */
const record = (): void => {
  const entry = nameOfEntry();
  if (entry !== undefined && waiting === undefined) positions.set(entry, scrollY);
};

export const keepScroll = (): void => {
  // The browser would restore a position before its content is there.
  history.scrollRestoration = "manual";
  addEventListener("scroll", record, { passive: true });
  addEventListener("hashchange", nameEntry);
  for (const deed of ["wheel", "touchmove", "pointerdown", "keydown"])
    addEventListener(deed, stopWaiting, { passive: true });
};

/** To be called when a view has been put in place. */
export const restoreScroll = (): void => {
  const top = positions.get(nameEntry()) ?? 0;
  stopWaiting();
  waiting = new AbortController();
  const growth = new ResizeObserver(() => {
    scrollTo(0, top);
    if (scrollY >= top - 1) stopWaiting();
  });
  waiting.signal.addEventListener("abort", () => growth.disconnect());
  scrollTo(0, top);
  growth.observe(document.body);
};
