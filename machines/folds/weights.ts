/** Which weights each model uses: a fold over publications and withdrawals. */
import type { Message } from "../../runtime/messages.ts";

/** Adapter version in force, by model; a model without one uses its base weights. */
export type Weights = Readonly<Record<string, number>>;

export const baseWeights: Weights = {};

/** The version of a model without an adapter. */
export const untrained = 0;

export const versionOf = (weights: Weights, model: string): number => weights[model] ?? untrained;

export const foldWeights = (weights: Weights, event: Message): Weights => {
  switch (event.type) {
    case "adapter.published":
      return { ...weights, [event.model]: event.version };
    case "adapter.withdrawn":
      return { ...weights, [event.model]: event.restored };
    default:
      return weights;
  }
};

/** The name of a version at its endpoint. A name is never used twice: servers may keep answers of the old weights. */
export const servedName = (model: string, version: number): string => `${model}@v${version}`;

/** What is known by version, as `model@version`, oldest first. */
export type ByVersion<T> = Readonly<Record<string, T>>;

/** Versions of a model that something is known of: nobody goes back further. */
export const knownVersions = 32;

const isOf = (model: string, served: string): boolean =>
  served.startsWith(model) && served.lastIndexOf("@v") === model.length;

/** With what is known of a version, and without that of the model's oldest one if there are too many. */
export const withVersion = <T>(
  known: ByVersion<T>,
  model: string,
  version: number,
  what: T,
): ByVersion<T> => {
  const name = servedName(model, version);
  const own = Object.keys(known).filter((served) => isOf(model, served));
  const forgotten = name in known || own.length < knownVersions ? undefined : own[0];
  const all = copyOf(known, forgotten);
  all[name] = what;
  return all;
};

/** A loop: spreading an object of so many names, or destructuring one of them away, is four times as slow. */
const copyOf = <T>(known: ByVersion<T>, forgotten: string | undefined): Record<string, T> => {
  const copy: Record<string, T> = {};
  for (const [served, what] of Object.entries(known)) if (served !== forgotten) copy[served] = what;
  return copy;
};

/** A version that is never published need not be known. */
export const withoutVersion = <T>(known: ByVersion<T>, model: string, version: number): ByVersion<T> =>
  servedName(model, version) in known ? copyOf(known, servedName(model, version)) : known;
