/**
 * The page's own files and its libraries.
 *
 * 1. The server lists all served files when it starts. It looks up an address in the list and never builds a path
 *    from it.
 * 2. A file is read, stripped of its types and compressed on its first request. A request for the page itself notices
 *    changed files.
 * 3. A page's first modules are joined into one, and its styles too: a request to a busy run takes its time.
 * 4. Servers of one process that serve the same files share them, so that each is prepared once.
 * 5. Files are small and read synchronously: a wait would cost each request another turn of the event loop.
 */
import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { type Encoded, type Encoding, encoded } from "./compression.ts";
import { joinModules } from "./join-modules.ts";
import { strippedTypes } from "./strip-types.ts";
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

const bodyOf = (file: string): Buffer => {
  const source = readFileSync(file);
  return extname(file) === ".ts" ? Buffer.from(strippedTypes(source.toString("utf8"))) : source;
};

const assetOf = (extension: string, body: Buffer): Asset => {
  const type = types[extension] ?? "application/octet-stream";
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

/** `/` → `/styles.css`, `/shelf.html` → `/shelf.css` */
const joinedStyles = (page: string): string =>
  page === "/" ? "/styles.css" : page.replace(/\.html$/, ".css");
const stylePattern = /<link rel="stylesheet" href="([^"]+)" \/>\n\s*/g;
const entryPattern = /<script type="module" src="([^"]+)">/;

export class Assets {
  /** By the list of served files. */
  static readonly #shared = new Map<string, Assets>();
  readonly #files: ReadonlyMap<string, string>;
  readonly #kept = new Map<string, Asset>();
  #changedAt = 0;

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  static of(pageFolder: string): Assets {
    const files = new Map([...pageFiles(pageFolder), ...vendoredFiles()]);
    const list = [...files.values()].join("\n");
    const known = Assets.#shared.get(list) ?? new Assets(files);
    Assets.#shared.set(list, known);
    return known;
  }

  get addresses(): readonly string[] {
    return [...this.#files.keys()];
  }

  find(address: string): Asset | undefined {
    if (address === "/" || address.endsWith(".html") || this.#changedAt === 0) this.#refresh();
    const kept = this.#kept.get(address);
    const file = this.#files.get(address);
    if (kept || file === undefined) return kept;
    return this.#keep(address, extname(file), bodyOf(file));
  }

  /** Joins and compresses what a browser asks for first, so that the first viewer does not wait for it. */
  async prepare(encoding: Encoding): Promise<void> {
    const page = this.find("/")?.text ?? "";
    const first = [...page.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, address = ""]) => address);
    await Promise.all(["/", ...first].map((address) => this.find(address)?.in(encoding)));
  }

  #refresh(): void {
    const changedAt = Math.max(1, ...[...this.#files.values()].map((file) => statSync(file).mtimeMs));
    if (changedAt === this.#changedAt) return;
    this.#changedAt = changedAt;
    this.#kept.clear();
    for (const address of this.#files.keys())
      if (address === "/" || address.endsWith(".html")) this.#joinPage(address);
  }

  /** Modules of one page only keep their own addresses: those of another are in its first one, or as they are. */
  #joinPage(address: string): void {
    const page = this.#textOf(address) ?? "";
    this.#joinStyles(address, page);
    const [, entry] = entryPattern.exec(page) ?? [];
    if (entry !== undefined) this.#joinModules(entry, address === "/");
  }

  #joinStyles(address: string, page: string): void {
    const styles = [...page.matchAll(stylePattern)].map(([, address = ""]) => this.#textOf(address));
    if (styles.length === 0) return;
    const joined = joinedStyles(address);
    const link = `  <link rel="stylesheet" href="${joined}" />\n  </head>`;
    const linked = page.replaceAll(stylePattern, "").replace("</head>", link);
    this.#keep(address, ".html", Buffer.from(linked));
    this.#keep(joined, ".css", Buffer.from(styles.join("\n")));
  }

  #joinModules(entry: string, withOthers: boolean): void {
    const { text, others } = joinModules(entry, (address) =>
      extname(address) === ".ts" ? this.#textOf(address) : undefined,
    );
    for (const [address, other] of [[entry, text] as const, ...(withOthers ? others : [])])
      this.#keep(address, ".ts", Buffer.from(other));
  }

  #textOf(address: string): string | undefined {
    const file = this.#files.get(address);
    return file === undefined ? undefined : bodyOf(file).toString("utf8");
  }

  #keep(address: string, extension: string, body: Buffer): Asset {
    const asset = assetOf(extension, body);
    this.#kept.set(address, asset);
    return asset;
  }
}
