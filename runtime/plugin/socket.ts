/**
 * Where parts of a run plug in: agent types, tasks, raters and trainers, those of the house by a word, others by the
 * path of their module.
 *
 * 1. A module exports the part itself, or a function that makes it from the run's configuration.
 * 2. It is the export of the socket's name, or else the default one, or else the first that has the part's members.
 * 3. Nothing is handed on that lacks a member: what is missing is said here, by name, and not by a run that fails.
 */
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { nearest } from "../config/suggest.ts";
import { type Exports, importModule } from "./import-module.ts";
import { PluginError } from "./plugin-error.ts";
import { isPath } from "./reference.ts";

type Maker<T> = (config: Config) => T | Promise<T>;

/** Members that a part must have, with what `typeof` says of them; lists are objects. */
type Members = Readonly<Record<string, "function" | "string" | "boolean" | "object">>;

export interface Socket<T extends object> {
  /** Name of a module's export, such as `task`. */
  readonly name: string;
  /** The part's type, such as `Task`. */
  readonly type: string;
  readonly members: Members;
  /** What the house has, by the word that names it. */
  readonly known: Readonly<Record<string, Maker<T>>>;
}

interface Place {
  /** The configuration's key, such as `models[1].kind`. */
  readonly key: string;
  readonly config: Config;
}

/** Methods of a class count too. */
const lackingIn = (candidate: object, members: Members): string[] =>
  Object.entries(members).flatMap(([name, type]) =>
    typeof Reflect.get(candidate, name) === type ? [] : [`${name} (${type})`],
  );

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isPart = <T extends object>(value: unknown, { members }: Socket<T>): value is T =>
  isObject(value) && lackingIn(value, members).length === 0;

const exportedBy = <T extends object>(exports: Exports, socket: Socket<T>): unknown =>
  exports[socket.name] ??
  exports.default ??
  Object.values(exports).find((value) => isPart(value, socket)) ??
  Object.values(exports).find(isObject);

const expectedOf = <T extends object>({ name, type, members }: Socket<T>): string =>
  `a module with \`export const ${name}\` of type ${type} (${Object.keys(members).join(", ")}), or a function from the configuration to one`;

const problemWith = <T extends object>(value: unknown, { type, members }: Socket<T>): string => {
  if (isObject(value)) return `is no ${type}: it lacks ${lackingIn(value, members).join(", ")}`;
  return value === undefined ? `exports no ${type}` : `is no ${type}; it is a ${typeof value}`;
};

const made = async (value: unknown, file: string, { key, config }: Place, expected: string) => {
  if (typeof value !== "function") return value;
  try {
    return await value(config);
  } catch (cause) {
    const problem = `fails where it is made (${cause instanceof Error ? cause.message : String(cause)})`;
    const fix = "do as it says, or correct the function that it exports";
    throw new PluginError({ key, named: file, problem, expected, fix }, { cause });
  }
};

const fromModule = async <T extends object>(socket: Socket<T>, path: string, place: Place): Promise<T> => {
  const [file, expected] = [resolve(path), expectedOf(socket)];
  const exports = await importModule({ key: place.key, file, expected });
  const part: unknown = await made(exportedBy(exports, socket), file, place, expected);
  if (isPart(part, socket)) return part;
  const problem = problemWith(part, socket);
  throw new PluginError({ key: place.key, named: file, problem, expected, fix: "export what it lacks" });
};

const unknownWord = <T extends object>({ name, known }: Socket<T>, word: string, key: string) => {
  const words = Object.keys(known);
  const guess = nearest(word, words);
  return new PluginError({
    ...{ key, named: word, problem: "is not known" },
    expected: `one of ${words.join(", ")}, or the path of a module, such as ./my-${name}.ts`,
    fix: guess === undefined ? "choose one of them, or write a path" : `did you mean "${guess}"`,
  });
};

/** @throws PluginError, or what a part of the house says itself */
export const plugIn = async <T extends object>(
  socket: Socket<T>,
  reference: string,
  place: Place,
): Promise<T> => {
  if (isPath(reference)) return fromModule(socket, reference, place);
  const maker = Object.hasOwn(socket.known, reference) ? socket.known[reference] : undefined;
  if (maker === undefined) throw unknownWord(socket, reference, place.key);
  return maker(place.config);
};
