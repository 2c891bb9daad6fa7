/** A signal that updates only while an element is visible. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";

/**
 * @param element with `content-visibility: auto`, so that the browser reports when it becomes visible
 * @returns the newest value while the element is visible, otherwise the last value shown
 */
export const useSeen = <T>(
  source: ReadonlySignal<T>,
  element: RefObject<HTMLElement | null>,
): ReadonlySignal<T> => {
  const shown = useMemo(() => signal(source.peek()), [source]);
  useEffect(() => {
    const isSeen = signal(true);
    const visibilityChanged = (event: Event) => {
      isSeen.value = !(event as ContentVisibilityAutoStateChangeEvent).skipped;
    };
    const watched = element.current;
    watched?.addEventListener("contentvisibilityautostatechange", visibilityChanged);
    const stop = effect(() => {
      if (isSeen.value) shown.value = source.value;
    });
    return () => {
      watched?.removeEventListener("contentvisibilityautostatechange", visibilityChanged);
      stop();
    };
  }, [source]);
  return shown;
};
