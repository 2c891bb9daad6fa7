/** Arrow labels for XState's event names and for guards. */
import type { AnyStateNode } from "xstate";

const durationWords = (delay: string): string => {
  const milliseconds = Number(delay);
  if (delay === "" || !Number.isFinite(milliseconds)) return delay;
  return milliseconds >= 1000 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
};

/** XState numbers invocations without an id: `0.machine.state`. */
const invoked = (id: string, { invoke }: AnyStateNode): string => {
  const found = invoke.find((invocation) => invocation.id === id);
  return /^\d+\./.test(id) && typeof found?.src === "string" ? found.src : id.replace(/^\d+\..*$/, "a child");
};

/** Empty for a transition without an event. */
export const eventWords = (type: string, source: AnyStateNode): string => {
  const rest = (prefix: string): string => type.slice(prefix.length);
  if (type === "*") return "anything else";
  if (!type.startsWith("xstate.")) return type;
  if (type.startsWith("xstate.after.")) {
    const delay = rest("xstate.after.");
    return `after ${durationWords(delay.endsWith(`.${source.id}`) ? delay.slice(0, -source.id.length - 1) : delay)}`;
  }
  if (type.startsWith("xstate.done.state.")) return "done";
  if (type.startsWith("xstate.done.actor.")) return `${invoked(rest("xstate.done.actor."), source)} done`;
  if (type.startsWith("xstate.error.actor.")) return `${invoked(rest("xstate.error.actor."), source)} failed`;
  if (type.startsWith("xstate.snapshot.")) return `${invoked(rest("xstate.snapshot."), source)} changed`;
  return type.slice("xstate.".length);
};

const guardName = (guard: unknown): string => {
  if (typeof guard === "string") return guard;
  const { type } = (guard ?? {}) as { readonly type?: unknown };
  return typeof type === "string" ? type : "unnamed";
};

/** The guard's name in brackets; "…" if it has no name. */
export const guardWords = (guard: unknown): string =>
  guard === undefined ? "" : `[${guardName(guard).replaceAll("unnamed", "…")}]`;
