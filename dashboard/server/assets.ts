/**
 * The page's own files and its libraries.
 *
 * 1. The server lists all served files when it starts. It looks up an address in the list and never builds a path
 *    from it.
 * 2. A file is read, stripped of its types and compressed on the first request, and again after a change.
 */
import { createHash } from "node:crypto";
import { type Dirent, readdirSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { extname, join, relative, sep } from "node:path";
import { type Encoded, type Encoding, encoded } from "./compression.ts";
import { vendoredFiles } from "./vendor.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const isServed = (name: string): boolean =>
  extname(name) in types && !name.startsWith(".") && !/\.(test|d|fixture)\.ts$/.test(name);

const addressOf = (folder: string, entry: Dirent): string => {
  const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
  return path === "index.html" ? "/" : `/${path}`;
};

const pageFiles = (folder: string): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isServed(entry.name))
    .map((entry) => [addressOf(folder, entry), join(entry.parentPath, entry.name)]);

export interface Asset {
  readonly type: string;
  /** Changes with the content. */
  readonly etag: string;
  readonly text: string;
  in(encoding: Encoding | undefined): Promise<Encoded>;
}

interface CachedAsset {
  readonly changedAt: number;
  readonly asset: Asset;
}

/** Suppresses Node's warning that type stripping is experimental. */
const withoutWarning = <T>(work: () => T): T => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
};

/**
 * Converts TypeScript for browsers: types become spaces, so lines and columns stay the same.
 * @throws SyntaxError if the source is invalid or has syntax that erasing cannot convert
 */
const strippedTypes = (source: string): string =>
  withoutWarning(() => stripTypeScriptTypes(source, { mode: "strip" }));

const loaded = async (file: string): Promise<Asset> => {
  const source = await readFile(file);
  const body = extname(file) === ".ts" ? Buffer.from(strippedTypes(source.toString("utf8"))) : source;
  const type = types[extname(file)] ?? "application/octet-stream";
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const isText = !/^(image\/png|font)/.test(type);
  const compressed = new Map<Encoding | undefined, Promise<Encoded>>();
  return {
    ...{ type, etag, text: isText ? body.toString("utf8") : "" },
    in: (accepted) => {
      const encoding = isText ? accepted : undefined;
      const known = compressed.get(encoding) ?? encoded(body, encoding, "once");
      compressed.set(encoding, known);
      return known;
    },
  };
};

export class Assets {
  readonly #files: ReadonlyMap<string, string>;
  readonly #kept = new Map<string, CachedAsset>();

  constructor(pageFolder: string) {
    this.#files = new Map([...pageFiles(pageFolder), ...vendoredFiles()]);
  }

  get addresses(): readonly string[] {
    return [...this.#files.keys()];
  }

  async find(address: string): Promise<Asset | undefined> {
    const file = this.#files.get(address);
    if (file === undefined) return undefined;
    const { mtimeMs: changedAt } = await stat(file);
    const kept = this.#kept.get(address);
    if (kept?.changedAt === changedAt) return kept.asset;
    const asset = await loaded(file);
    this.#kept.set(address, { changedAt, asset });
    return asset;
  }
}
