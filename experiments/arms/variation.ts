/**
 * A difference from a configuration: a mapping of its keys; the path of a YAML file that holds them; the path of an agent
 * type's module, which plays beside the models; or a list of these, of which later ones win, and null removes a key. Beside the keys of a
 * configuration it may have `everyModel`, fields that every model of the group gets.
 */
import { dirname, resolve } from "node:path";
import { readConfigFile } from "../../runtime/config/config-file.ts";
import { withPaths } from "../../runtime/config/config-paths.ts";
import { presets } from "../../runtime/config/presets.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** Given as in an experiment's file. */
export type Given = string | Keys | readonly (string | Keys)[];

/** An experiment sets these for all runs alike; in a file, which may be one of an ordinary run, they are left out. */
export const fixedKeys = ["seed", "rounds", "updates", "tokens", "run", "runsFolder"];

const isMapping = (value: unknown): value is Keys =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isList = (given: Given): given is readonly (string | Keys)[] => Array.isArray(given);

/** Paths of modules and files made absolute, those within `everyModel` too. */
const placed = (keys: Keys, folder: string): Keys => {
  const { everyModel, ...rest } = keys;
  const values = withPaths(rest, folder);
  if (everyModel === undefined) return values;
  const { models } = withPaths({ models: [everyModel] }, folder) as { readonly models: readonly unknown[] };
  return { ...values, everyModel: models[0] };
};

const withoutNulls = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null));

const withoutFixed = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => !fixedKeys.includes(key)));

/** Later keys win. `Object.assign` would take a key that is called __proto__ for the prototype. */
const together = (layers: readonly (Keys | undefined)[]): Keys =>
  Object.fromEntries(layers.flatMap((layer) => Object.entries(layer ?? {})));

/**
 * `folder`: where relative paths begin. `from`: what holds or names it, for errors.
 * @throws ConfigError if a named file cannot be read
 */
export const keysOf = (given: Given, folder: string, from: string): Keys => {
  if (isList(given)) return withoutNulls(together(given.map((one) => keysOf(one, folder, from))));
  if (typeof given !== "string") return placed(given, folder);
  const file = resolve(folder, given);
  if (!/\.(ya?ml|json)$/.test(file)) return { agents: [file] };
  return placed(withoutFixed(readConfigFile(file, from).values), dirname(file));
};

const groupOf = ({ models, preset = "pocket" }: Keys): unknown => {
  if (models !== undefined) return models;
  return presets[preset === "paper" ? "paper" : "pocket"].models;
};

/** Later keys win; `everyModel` of all layers is applied to the models that result. */
export const merged = (layers: readonly Keys[]): Keys => {
  const { everyModel: _last, ...values } = together(layers);
  const fields = together(layers.map(({ everyModel }) => everyModel as Keys | undefined));
  const models = groupOf(values);
  if (Object.keys(fields).length === 0 || !Array.isArray(models)) return values;
  return { ...values, models: models.map((model) => (isMapping(model) ? { ...model, ...fields } : model)) };
};
