/**
 * The address: a hash such as `#/growth`, `#/society/wren`, `#/questions?outcome=void` or `#/questions/wren-q1?t=…`. `t` is the shown
 * time of the run [epoch ms]; a bare `#t=…` opens the first page at that time.
 */
import { signal } from "@preact/signals";

export const pages = ["society", "questions", "growth", "training", "history"] as const;
export type Page = (typeof pages)[number];

export interface Route {
  /** `unknown`: the address names no view. */
  readonly page: Page | "unknown";
  /** Id of the open question on the questions page; on the society page the agent whose chart is enlarged. */
  readonly id?: string;
  readonly query: Readonly<Record<string, string>>;
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

export const parseRoute = (hash: string): Route => {
  const bare = hash.replace(/^#/, "");
  const [path = "", search = ""] = bare.startsWith("/") ? bare.slice(1).split("?", 2) : ["", bare];
  const [first = "", id] = path.split("/", 2);
  const page = pages.find((name) => name === first) ?? (first === "" ? "society" : "unknown");
  const query = Object.fromEntries(new URLSearchParams(search));
  return id ? { page, id: decoded(id), query } : { page, query };
};

/** Omits empty values. */
export const formatRoute = ({ page, id, query = {} }: Omit<Route, "query"> & Partial<Route>): string => {
  const kept = Object.entries(query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString();
  return `#/${page}${id === undefined ? "" : `/${encodeURIComponent(id)}`}${search === "" ? "" : `?${search}`}`;
};

/** The time of the run in the route [epoch ms]. */
export const momentOf = ({ query }: Route): number | undefined => {
  const moment = Number(query.t);
  return Number.isFinite(moment) && moment > 0 ? moment : undefined;
};

export const route = signal<Route>({ page: "society", query: {} });

/** Updates the route whenever the address changes. */
export const followAddress = (): void => {
  const read = () => {
    route.value = parseRoute(location.hash);
  };
  addEventListener("hashchange", read);
  read();
};

/**
 * Changes the query without a new history entry, for example while the reader types into a filter; what the browser keeps
 * with the entry stays. It starts from the address: after a navigation the route is the old one until the browser reports
 * the change.
 */
export const amendRoute = (query: Readonly<Record<string, string>>): void => {
  const present = parseRoute(location.hash);
  history.replaceState(history.state, "", formatRoute({ ...present, query: { ...present.query, ...query } }));
  route.value = parseRoute(location.hash);
};
