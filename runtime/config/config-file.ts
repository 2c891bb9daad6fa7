/** A configuration file: its values, and where in the file each of them stands. */
import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { ConfigError } from "./config-error.ts";

export type Values = Record<string, unknown>;

export interface ConfigFile {
  readonly values: Values;
  /** `run.yaml:3:5` for a key such as `models[1].endpoint`, or for the nearest key above it; undefined outside the file. */
  placeOf(key: string): string | undefined;
}

export const noFile: ConfigFile = { values: {}, placeOf: () => undefined };

/** `from`: what names the file, such as `--config`. @throws ConfigError naming file, line and column. */
export const readConfigFile = (file: string, from: string): ConfigFile => {
  const lines = new LineCounter();
  const text = readText(file, from);
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const fault = faultOf(document);
  if (fault !== undefined) throw yamlError(place(fault.offset), fault);
  const placeOf = (key: string): string | undefined => {
    const offset = offsetOf(document, pathOf(key));
    return offset === undefined ? undefined : place(offset);
  };
  return { values: valuesOf(file, document), placeOf };
};

const readText = (file: string, from: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const [reason = ""] = String(cause instanceof Error ? cause.message : cause).split(", ", 1);
    const fix = `correct the path given to ${from}`;
    throw fileError(file, `cannot be read (${reason})`, "a YAML file", fix, cause);
  }
};

/** The value of a text such as the one after `--set rounds=`. `place`: what errors call it. @throws ConfigError */
export const valueIn = (place: string, text: string): unknown => {
  const document = parseDocument(text);
  const fault = faultOf(document);
  if (fault !== undefined) throw yamlError(place, fault);
  return document.toJS();
};

/** Why a YAML text has no plain value. */
interface YamlFault {
  readonly reason: string;
  /** Position in the text [characters]. */
  readonly offset: number;
  readonly cause?: unknown;
}

/** The first fault: wrong syntax, a custom tag or an alias without its anchor. */
const faultOf = (document: Document.Parsed): YamlFault | undefined => {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return aliasFault(document);
  const [reason = ""] = error.message.split(/ at line |\n/, 1);
  return { reason, offset: error.pos[0], cause: error };
};

const aliasFault = (document: Document.Parsed): YamlFault | undefined => {
  let fault: YamlFault | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      fault = { reason: `Unresolved alias: *${alias.source}`, offset: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return fault;
};

const yamlError = (place: string, { reason, cause }: YamlFault): ConfigError =>
  fileError(place, `is not plain YAML (${reason})`, "YAML without custom tags", "correct it", cause);

/** An empty file holds no keys, which is none too few. */
const valuesOf = (file: string, document: Document): Values => {
  const values: unknown = document.toJS();
  if (values === null || values === undefined) return {};
  if (typeof values === "object" && !Array.isArray(values)) return values as Values;
  const fix = "write lines such as rounds: 20";
  throw fileError(file, "holds no keys", "a YAML mapping of keys to values", fix);
};

export const fileError = (
  key: string,
  problem: string,
  expected: string,
  fix: string,
  cause?: unknown,
): ConfigError => {
  return new ConfigError([{ key, problem, expected, fix }], { cause });
};

type Path = readonly (string | number)[];

/** `models[1].endpoint` */
const pathOf = (key: string): Path =>
  key.split(/[.[\]]+/).flatMap((part) => (part === "" ? [] : [/^\d+$/.test(part) ? Number(part) : part]));

/** Where the key begins, or the nearest one above it. */
const offsetOf = (document: Document, path: Path): number | undefined => {
  for (let length = path.length; length > 0; length -= 1) {
    const above = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const offset =
      typeof last === "number" ? startOf(document.getIn(path.slice(0, length), true)) : keyIn(above, last);
    if (offset !== undefined) return offset;
  }
  return undefined;
};

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

const keyIn = (node: unknown, name: string | undefined): number | undefined => {
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  return isPair(pair) ? startOf(pair.key) : undefined;
};
