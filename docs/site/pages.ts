/** The pages of the documentation, and what each of them links to. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { Marked, type Token } from "marked";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Paths from the repository's root; the first is the site's front page. */
export const pages: readonly string[] = [
  "README.md",
  ...globSync("docs/*.md", { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted(),
  "trainer/README.md",
  "experiments/LOG.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
];

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** The anchor of a heading, as on GitHub. */
export const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

const addresses = (token: Token): string[] => {
  if (token.type === "link" || token.type === "image") return [String(token.href)];
  if (token.type !== "html") return [];
  return [...token.raw.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
};

const tokensOf = (text: string): Token[] => {
  const found: Token[] = [];
  const reader = new Marked({ walkTokens: (token) => void found.push(token) });
  reader.parse(text);
  return found;
};

/** Every address in a text, in order. */
export const linksIn = (text: string): string[] => tokensOf(text).flatMap(addresses);

export const anchorsIn = (text: string): Set<string> =>
  new Set(tokensOf(text).flatMap((token) => (token.type === "heading" ? slugOf(String(token.text)) : [])));

export const isRelative = (address: string): boolean => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(address);

export interface Target {
  /** From the repository's root, without a leading or closing slash. */
  readonly path: string;
  readonly anchor: string;
}

/** The target of a relative address on a page. */
export const targetOf = (page: string, address: string): Target => {
  const [path = "", anchor = ""] = decodeURI(address).split("#", 2);
  return { path: path === "" ? page : posix.join(dirname(page), path).replace(/\/$/, ""), anchor };
};
