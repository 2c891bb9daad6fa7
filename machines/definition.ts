/**
 * A machine as plain JSON: XState's own configuration with guards and actions by name. A receiver can build, draw
 * and analyse the machine without its code.
 *
 * XState's own `definition` is not usable here: it leaves out eventless transitions and the names of functions.
 */
import type { AnyStateMachine } from "xstate";

export interface TransitionDefinition {
  readonly target?: readonly string[];
  /** The guard's name, or `unnamed`. */
  readonly guard?: string;
  readonly actions?: readonly string[];
  readonly reenter?: boolean;
}

export interface InvokeDefinition {
  readonly id?: string;
  readonly src: string;
  readonly onDone?: readonly TransitionDefinition[];
  readonly onError?: readonly TransitionDefinition[];
}

export interface StateDefinition {
  readonly id?: string;
  readonly type?: string;
  readonly initial?: string;
  readonly history?: string | boolean;
  readonly target?: string;
  readonly description?: string;
  readonly states?: Readonly<Record<string, StateDefinition>>;
  readonly on?: Readonly<Record<string, readonly TransitionDefinition[]>>;
  readonly after?: Readonly<Record<string, readonly TransitionDefinition[]>>;
  readonly always?: readonly TransitionDefinition[];
  readonly onDone?: readonly TransitionDefinition[];
  readonly invoke?: readonly InvokeDefinition[];
}

type Given = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Given =>
  (typeof value === "object" && value !== null) || typeof value === "function";

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out undefined fields, empty lists and empty records. */
const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined && (typeof value !== "object" || Object.keys(value as object).length > 0),
    ),
  ) as Present<T>;

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const combined: Readonly<Record<string, string>> = { and: " and ", or: " or " };

/** `busy(pose)` for a guard with parameters, `a and not b` for combined ones. */
const guardName = (guard: unknown): string | undefined => {
  if (guard === undefined || typeof guard === "string") return guard;
  if (!isRecord(guard)) return "unnamed";
  const { type, params, name } = guard;
  if (Array.isArray(guard.guards)) {
    const names = guard.guards.map((inner) => guardName(inner) ?? "unnamed");
    return name === "not" ? `not ${names[0]}` : names.join(combined[String(name)] ?? ", ");
  }
  if (typeof type !== "string") return "unnamed";
  const isPlain = typeof params === "string" || typeof params === "number";
  return isPlain ? `${type}(${params})` : type;
};

/** Actions without a name, such as inline assignments, are left out. */
const actionNames = (actions: unknown): string[] =>
  listOf(actions).flatMap((action) => {
    if (typeof action === "string") return action;
    return typeof action === "object" && isRecord(action) ? (textOf(action.type) ?? []) : [];
  });

const transitionOf = (given: unknown): TransitionDefinition => {
  if (!isRecord(given)) return present({ target: listOf(given).map(String) });
  return present({
    target: listOf(given.target).flatMap((target) => textOf(target) ?? []),
    guard: guardName(given.guard),
    actions: actionNames(given.actions),
    reenter: given.reenter === true ? true : undefined,
  });
};

const transitionsOf = (given: unknown): TransitionDefinition[] => listOf(given).map(transitionOf);

const each = <T>(given: unknown, make: (value: unknown) => T): Record<string, T> =>
  isRecord(given) ? Object.fromEntries(Object.entries(given).map(([key, value]) => [key, make(value)])) : {};

const invokeOf = (given: unknown): InvokeDefinition => {
  const { id, src, onDone, onError } = isRecord(given) ? given : {};
  const found = { id: textOf(id), onDone: transitionsOf(onDone), onError: transitionsOf(onError) };
  return { src: textOf(src) ?? "unnamed", ...present(found) };
};

const initialOf = (given: unknown): string | undefined =>
  typeof given === "object" && isRecord(given) ? textOf(given.target) : textOf(given);

const stateOf = (given: unknown): StateDefinition => {
  const state = isRecord(given) ? given : {};
  return present({
    id: textOf(state.id),
    type: textOf(state.type),
    initial: initialOf(state.initial),
    history: typeof state.history === "boolean" ? state.history : textOf(state.history),
    target: textOf(state.target),
    description: textOf(state.description),
    states: each(state.states, stateOf),
    on: each(state.on, transitionsOf),
    after: each(state.after, transitionsOf),
    always: transitionsOf(state.always),
    onDone: transitionsOf(state.onDone),
    invoke: listOf(state.invoke).map(invokeOf),
  });
};

/** Plain JSON that `createMachine` accepts. */
export const definitionOf = ({ id, config }: Pick<AnyStateMachine, "id" | "config">): StateDefinition => ({
  ...stateOf(config),
  id,
});
