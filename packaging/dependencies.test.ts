/** Both lockfiles, of the package and of a benchmark, are complete, and what they name may be used by a program under the MIT licence. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  /** A package of this repository. */
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "..", file), "utf8"));
const own = "packaging/";

const permissive = [
  "MIT",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Unlicense",
  "BlueOak-1.0.0",
];
/** They bind the files of the dependency itself, which are used unchanged. */
const byFile = ["MPL-2.0", "EPL-2.0"];

/** Of a choice one licence is enough. */
const fits = (license: string | undefined): boolean =>
  (license ?? "")
    .replace(/^\(|\)$/g, "")
    .split(" OR ")
    .some((each) => [...permissive, ...byFile].includes(each));

describe.each([
  ["", 100],
  ["bench/langgraph/", 10],
])("of ./%s,", (folder, least) => {
  const { packages } = read(`${folder}package-lock.json`) as { packages: Readonly<Record<string, Locked>> };
  const manifest = read(`${folder}package.json`) as Locked;
  const locked = Object.entries(packages).filter(
    ([path, { link = false }]) => path !== "" && !link && !path.startsWith(own),
  );

  test("every dependency has a licence that fits MIT", () => {
    expect(locked.length).toBeGreaterThan(least);
    expect(locked.filter(([, { license }]) => !fits(license)).map(([path]) => path)).toEqual([]);
  });

  test("every dependency is locked at a version with the hash of its content", () => {
    const open = locked.filter(
      ([, { version, integrity = "" }]) => !version || !integrity.startsWith("sha512-"),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  test("the lockfile knows the dependencies of package.json, each at its exact version", () => {
    const named = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(named))
      expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    const root = packages[""] ?? {};
    expect({ ...root.dependencies, ...root.devDependencies }).toEqual(named);
  });
});

test("a choice of licences fits if one of them does, and a missing one does not", () => {
  expect([fits("GPL-3.0-or-later"), fits(undefined), fits("(MIT OR GPL-2.0)")]).toEqual([false, false, true]);
});
