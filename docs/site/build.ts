/** `npm run docs`: the documentation as a static site, in docs/site/built. */
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRelative, linksIn, pages, root, targetOf, textOf } from "./pages.ts";
import { placeOf, rendered } from "./render.ts";

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** Files that pages show or link to, other than pages. */
const attachments = (): Set<string> => {
  const paths = pages.flatMap((page) =>
    linksIn(textOf(page))
      .filter(isRelative)
      .map((address) => targetOf(page, address).path),
  );
  return new Set(paths.filter((path) => !pages.includes(path) && statSync(join(root, path)).isFile()));
};

export const buildSite = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const page of pages) write(join(folder, placeOf(page)), rendered(page));
  for (const path of attachments()) cpSync(join(root, path), join(folder, path), { recursive: true });
};

if (import.meta.main) {
  const folder = fileURLToPath(new URL("built/", import.meta.url));
  buildSite(folder);
  process.stdout.write(`${pages.length} pages: ${join(folder, "index.html")}\n`);
}
