/** The shown time in the address: it is kept there, and an address that is opened sets it. */
import { effect } from "@preact/signals";
import { amendRoute, momentOf, route } from "../route.ts";
import { isFollowing, moment, playing, seek } from "../state/playback.ts";

/** Minimum time between two changes of the address [ms]. */
const addressPause = 400;

const write = (): void => {
  const at = moment.peek();
  // The run is not loaded yet.
  if (at === undefined && !isFollowing.peek()) return;
  const t = at === undefined ? "" : String(Math.round(at));
  if ((route.peek().query.t ?? "") !== t) amendRoute({ t });
};

/** Keeps `t` in the address while the page shows an earlier time: when a pause ends, the newest one. */
const keepTime = (): void => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    moment.value;
    route.value;
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      write();
    }, addressPause);
  });
};

/**
 * A link may change the time while the page stays open. While the time moves, the one in an entry of the browser's
 * history is only where the reader has left it: going back changes the view.
 */
const obeyAddress = (): void => {
  addEventListener("hashchange", () => {
    const at = momentOf(route.peek());
    if (playing.peek() || at === undefined) return;
    if (Math.abs(at - (moment.peek() ?? 0)) > 1) seek(at);
  });
};

export const followTime = (): void => {
  keepTime();
  obeyAddress();
};
