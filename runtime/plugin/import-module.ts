/** Imports a module from outside, and says in one error why that fails. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PluginError } from "./plugin-error.ts";
import { openResolution } from "./resolution.ts";

export type Exports = Readonly<Record<string, unknown>>;

export interface Wanted {
  /** The configuration's key. */
  readonly key: string;
  /** Path of the module. */
  readonly file: string;
  readonly expected: string;
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;

const isSyntax = (cause: unknown): boolean =>
  cause instanceof SyntaxError || /_TYPESCRIPT_SYNTAX$/.test(String(codeOf(cause)));

/** `/home/me/roman.ts:3`: Node begins the stack of a syntax error with its place, and others with the calls. */
const placeOf = ({ stack = "" }: Error): string | undefined => {
  const [first = ""] = stack.split("\n", 1);
  const called = /^ +at (?:.*\()?(?:file:\/\/)?([^()\s]*\.[cm]?[jt]s:\d+):\d+\)?$/m.exec(stack)?.[1];
  return /^(?:file:\/\/)?(\S*\.[cm]?[jt]s:\d+)$/.exec(first)?.[1] ?? called;
};

/** The error's own words, and where in the module it came from. */
const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const place = codeOf(cause) === "ERR_MODULE_NOT_FOUND" ? undefined : placeOf(cause);
  const said = cause.message.split("\n", 1)[0] ?? "";
  return `${cause.name}: ${said}${place === undefined ? "" : ` (${place})`}`;
};

const fixFor = (cause: unknown): string => {
  if (isSyntax(cause))
    return "correct what it says; Node leaves types out and does nothing more, so enums, parameter properties and imports of types without `import type` are errors";
  if (codeOf(cause) === "ERR_MODULE_NOT_FOUND")
    return "correct the import, or install the package beside the module";
  return "correct what the module does while it is imported";
};

const missing = ({ key, file, expected }: Wanted): PluginError =>
  new PluginError({
    ...{ key, named: file, problem: "is not there", expected },
    fix: "correct the path; in a configuration file it begins at the file's folder, in a flag at the current one",
  });

const refused = ({ key, file, expected }: Wanted, cause: unknown): PluginError => {
  const problem = `cannot be loaded (${wordsOf(cause)})`;
  return new PluginError({ ...{ key, named: file, problem, expected }, fix: fixFor(cause) }, { cause });
};

/** @throws PluginError */
export const importModule = async (wanted: Wanted): Promise<Exports> => {
  const file = resolve(wanted.file);
  if (!existsSync(file)) throw missing({ ...wanted, file });
  openResolution();
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw refused({ ...wanted, file }, cause);
  }
};
