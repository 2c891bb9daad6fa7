/** The browser's libraries from node_modules; only the files listed here are served. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** The address of each file and its path in its package. */
const files: readonly (readonly [address: string, packageName: string, path: string])[] = [
  ["/vendor/preact.mjs", "preact", "dist/preact.mjs"],
  ["/vendor/preact-hooks.mjs", "preact", "hooks/dist/hooks.mjs"],
  ["/vendor/signals.mjs", "@preact/signals", "dist/signals.mjs"],
  ["/vendor/signals-core.mjs", "@preact/signals-core", "dist/signals-core.mjs"],
  ["/vendor/htm.mjs", "htm", "dist/htm.mjs"],
  ["/vendor/uplot.mjs", "uplot", "dist/uPlot.esm.js"],
  ["/vendor/uplot.css", "uplot", "dist/uPlot.min.css"],
  ["/vendor/katex.mjs", "katex", "dist/katex.mjs"],
  ["/vendor/katex/katex.css", "katex", "dist/katex.min.css"],
];

const fonts = { address: "/vendor/katex/fonts/", packageName: "katex", path: "dist/fonts" } as const;

/** Searches the module paths for package.json, because not every package exports it. */
const folderOf = (packageName: string): string => {
  for (const folder of require.resolve.paths(packageName) ?? []) {
    try {
      return dirname(require.resolve(join(folder, packageName, "package.json")));
    } catch {
      // Continue in the next module path.
    }
  }
  return fileURLToPath(new URL(`../../node_modules/${packageName}/`, import.meta.url));
};

/** File paths by address. */
export const vendoredFiles = (): Map<string, string> => {
  const listed = files.map(([address, packageName, path]): [string, string] => [
    address,
    join(folderOf(packageName), path),
  ]);
  const folder = join(folderOf(fonts.packageName), fonts.path);
  const woff2 = readdirSync(folder).filter((name) => /^[\w-]+\.woff2$/.test(name));
  return new Map([
    ...listed,
    ...woff2.map((name): [string, string] => [fonts.address + name, join(folder, name)]),
  ]);
};
