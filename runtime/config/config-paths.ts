/**
 * Paths in a configuration: in a file they begin at the file's folder, or at the current one where nothing lies there;
 * in flags at the current one. They are kept absolute, so that a run that is resumed from elsewhere finds them again.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isPath } from "../plugin/reference.ts";

type Values = Readonly<Record<string, unknown>>;
type Change = (value: unknown) => unknown;

const isMapping = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf =
  (change: Change): Change =>
  (value) =>
    Array.isArray(value) ? value.map(change) : value;

const mappingOf =
  (change: Change): Change =>
  (value) =>
    isMapping(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]))
      : value;

/** Keys come from users: one may be called like what every object has. */
const changeOf = (changes: Readonly<Record<string, Change>>, key: string): Change | undefined =>
  Object.hasOwn(changes, key) ? changes[key] : undefined;

/** Changes only the fields that are named, and leaves what does not fit to the schema. */
const fieldsOf =
  (changes: Readonly<Record<string, Change>>): Change =>
  (value) =>
    isMapping(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, each]) => [key, changeOf(changes, key)?.(each) ?? each]),
        )
      : value;

const placedIn =
  (folder: string): Change =>
  (path) => {
    if (typeof path !== "string") return path;
    const beside = resolve(folder, path);
    return !existsSync(beside) && existsSync(path) ? resolve(path) : beside;
  };

/** The values with their paths made absolute. */
export const withPaths = (values: Values, folder: string): Record<string, unknown> => {
  const file = placedIn(folder);
  const plugin: Change = (value) => (typeof value === "string" && isPath(value) ? file(value) : value);
  const models = listOf(fieldsOf({ kind: plugin, pack: plugin }));
  const places = {
    task: plugin,
    rater: plugin,
    trainer: plugin,
    pack: plugin,
    agents: listOf(plugin),
    models,
  };
  const files = {
    anchorFile: file,
    poolFile: file,
    dataFolder: file,
    benchmarkFiles: mappingOf(file),
    natsKey: file,
    natsCa: file,
  };
  return { ...values, ...(fieldsOf({ ...places, ...files })(values) as Values) };
};
