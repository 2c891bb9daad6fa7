/** The events of an agent, a state or an arrow: as observed, or what the run's files hold of them. */
import type { EventView, RecordedEvents } from "../../view.ts";
import { readJson, withQuery } from "./api.ts";
import { moment, run } from "./playback.ts";
import { shownClock } from "./shown.ts";

export interface EventsOf {
  readonly agent: string;
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
  readonly from?: string | undefined;
  readonly limit?: number;
}

export interface ShownEvents {
  /** Up to the shown time, newest first. */
  readonly events: readonly EventView[];
  /** Events that no file holds; undefined if the events were observed. */
  readonly unrecorded?: readonly string[];
}

/** Events are observed while a viewer is connected, and kept for a while; without any, the recorded ones are shown. */
export const readEvents = async (query: EventsOf, signal: AbortSignal): Promise<ShownEvents> => {
  const asked = { ...query, until: moment.peek() === undefined ? undefined : Math.round(shownClock.peek()) };
  if (run.peek()?.live === true) {
    const events = await readJson<EventView[]>(withQuery("api/events", asked), signal);
    if (events.length > 0) return { events };
  }
  return readJson<RecordedEvents>(withQuery("api/recorded", asked), signal);
};

/** What a list of recorded events leaves out; undefined for observed ones. */
export const omissionOf = ({ unrecorded }: ShownEvents): string | undefined => {
  if (unrecorded === undefined) return undefined;
  const kept = "These are the messages that the run's files hold; the arrow that each took is not recorded.";
  return unrecorded.length === 0 ? kept : `${kept} Not recorded: ${unrecorded.join(", ")}.`;
};
