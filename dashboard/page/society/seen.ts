/** A signal as it is followed by an element in sight: what nobody sees changes nothing on the page. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";

/**
 * @param element with `content-visibility: auto`, which tells when the browser begins and ceases to draw it
 * @returns the newest value while the element is in sight, the last one seen otherwise
 */
export const useSeen = <T>(
  source: ReadonlySignal<T>,
  element: RefObject<HTMLElement | null>,
): ReadonlySignal<T> => {
  const shown = useMemo(() => signal(source.peek()), [source]);
  useEffect(() => {
    const isSeen = signal(true);
    const told = (event: Event) => {
      isSeen.value = !(event as ContentVisibilityAutoStateChangeEvent).skipped;
    };
    const watched = element.current;
    watched?.addEventListener("contentvisibilityautostatechange", told);
    const stop = effect(() => {
      if (isSeen.value) shown.value = source.value;
    });
    return () => {
      watched?.removeEventListener("contentvisibilityautostatechange", told);
      stop();
    };
  }, [source]);
  return shown;
};
