/** The page's script, styles and icon as texts, for a page that is one file. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { strippedTypes } from "../server/strip-types.ts";
import { vendoredFiles } from "../server/vendor.ts";
import { bundleModules } from "./bundle-modules.ts";

export interface PageTexts {
  /** The page's HTML without scripts, styles and other links. */
  readonly html: string;
  readonly script: string;
  readonly style: string;
  /** As a data URI. */
  readonly icon: string;
}

const dataUri = (type: string, content: Buffer): string =>
  `data:${type};base64,${content.toString("base64")}`;

/** Older formats of the same fonts, for browsers that cannot open the file anyway. */
const olderFormats = /,\s*url\([^)]+\.(?:woff|ttf)\)\s*format\([^)]*\)/g;

/** The fonts of a style sheet as data, in place of their addresses. */
const withFonts = (style: string, folder: string, files: ReadonlyMap<string, string>): string =>
  style.replaceAll(olderFormats, "").replaceAll(/url\(([^)]+\.woff2)\)/g, (whole, address: string) => {
    const file = files.get(new URL(address, `http://page${folder}`).pathname);
    return file === undefined ? whole : `url(${dataUri("font/woff2", readFileSync(file))})`;
  });

const formulaStyle = "/vendor/katex/katex.css";

/** @param formulas false leaves out what typesets them; without it the page shows their sources */
export const pageTexts = (pageFolder: string, formulas: boolean): PageTexts => {
  const files = vendoredFiles();
  const fileOf = (address: string): string => files.get(address) ?? join(pageFolder, address);
  const textAt = (address: string): string => readFileSync(fileOf(address), "utf8");
  const page = textAt("/index.html");
  const [, map = "{}"] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page) ?? [];
  const { imports = {} } = JSON.parse(map) as { imports?: Record<string, string> };
  const script = bundleModules(
    "/file.ts",
    (address) => (existsSync(fileOf(address)) ? strippedTypes(textAt(address)) : undefined),
    (name) => {
      const address = imports[name];
      return address === undefined || (name === "katex" && !formulas) ? undefined : textAt(address);
    },
  );
  const sheets = [...page.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href = ""]) =>
    textAt(href),
  );
  const typeset = formulas ? [withFonts(textAt(formulaStyle), formulaStyle, files)] : [];
  return {
    html: page.replaceAll(/\s*<link\b[^>]*>|\s*<script\b[\s\S]*?<\/script>/g, ""),
    script,
    style: [...sheets, ...typeset].join("\n"),
    icon: dataUri("image/svg+xml", readFileSync(fileOf("/icon.svg"))),
  };
};
