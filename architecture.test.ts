/** The house rules that a program can check: which way imports point, no cycles, no `any`, no endless files. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL(".", import.meta.url));

const sources = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !file.startsWith("node_modules/"));

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** Own files a file imports, types included. */
const importsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, target = ""]) =>
    normalize(join(dirname(file), target)),
  );

const isTest = (file: string): boolean => /\.(test|fixture|conformance)\.ts$/.test(file);
const production = sources.filter((file) => !isTest(file));

/** What each folder may import from: nothing that stands above it. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  machines: ["runtime/messages.ts", "runtime/agora-error.ts"],
  runtime: [],
  prompts: ["runtime/agora-error.ts"],
  pocket: ["prompts", "runtime/agora-error.ts"],
  trainer: ["pocket", "runtime"],
  actors: ["machines", "prompts", "runtime"],
  examples: ["actors", "machines", "prompts", "runtime"],
  dashboard: ["actors", "machines", "runtime"],
  experiments: ["actors", "machines", "pocket", "prompts", "runtime", "trainer"],
  cli: ["actors", "dashboard", "experiments", "machines", "pocket", "prompts", "runtime", "trainer"],
  "index.ts": ["actors", "cli", "experiments", "machines", "pocket", "prompts", "runtime"],
  docs: ["runtime"],
  packaging: ["entry", "index.ts"],
  bench: ["actors", "cli", "dashboard", "experiments", "machines", "pocket", "prompts", "runtime", "trainer"],
};

const folderOf = (file: string): string => file.split("/")[0] ?? "";

const isAllowed = (file: string, target: string): boolean => {
  const folder = folderOf(file);
  const below = [folder, ...(arrows[folder] ?? [])];
  return below.some((place) => target === place || target.startsWith(`${place}/`));
};

/** The first import cycle reachable from a file, as a path, or undefined. */
const cycleFrom = (start: string): string[] | undefined => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file) || !sources.includes(file)) return undefined;
    for (const next of importsOf(file)) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  return visit(start, []);
};

const isTypeOnly = (names: string): boolean => {
  const listed = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  return listed?.split(",").every((name) => /^\s*(?:type\s.*)?$/s.test(name)) ?? false;
};

/** Own files that are loaded with a file. `import(…)` and `new Worker(…)` begin chains of their own. */
const loadedWith = (file: string): string[] =>
  [...textOf(file).matchAll(/^(?:import|export)\s+(?!type\b)([\w*{][^;"]*?)\s+from\s+"(\.[^"]+)"/gm)].flatMap(
    ([, names = "", target = ""]) => (isTypeOnly(names) ? [] : [normalize(join(dirname(file), target))]),
  );

const longestChains = new Map<string, readonly string[]>();

/** The longest chain of files that loading a file loads one after the other, that file first. */
const longestChain = (file: string): readonly string[] => {
  const known = longestChains.get(file);
  if (known !== undefined) return known;
  longestChains.set(file, [file]);
  const rest = loadedWith(file)
    .map(longestChain)
    .reduce((longest, chain) => (chain.length > longest.length ? chain : longest), []);
  const chain = [file, ...rest];
  longestChains.set(file, chain);
  return chain;
};

/** Code without comments and strings, so that prose may say what it likes. */
const codeOf = (file: string): string =>
  textOf(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\/\/.*$/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Record<string, string> }>>;
}

describe("architecture", () => {
  test("the sources are found", () => {
    expect(sources).toContain("machines/question.ts");
    expect(importsOf("machines/question.ts")).toContain("runtime/messages.ts");
  });

  test("imports point the way of the design", () => {
    const wrong = production.flatMap((file) =>
      importsOf(file)
        .filter((target) => !isAllowed(file, target))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("machines import only xstate from outside", () => {
    const outside = production
      .filter((file) => file.startsWith("machines/"))
      .flatMap((file) => [...textOf(file).matchAll(/from "([^."][^"]*)"/g)].map(([, name]) => name));
    expect(new Set(outside)).toEqual(new Set(["xstate"]));
  });

  test("no imports go round in a cycle", () => {
    expect(sources.flatMap((file) => cycleFrom(file)?.join(" → ") ?? [])).toEqual([]);
  });

  test("loads files in short chains: what is not needed at once is imported when it is", () => {
    expect(longestChain("cli/agora.ts").length).toBeGreaterThan(2);
    const running = production.filter((file) => !file.startsWith("bench/"));
    const long = running.map(longestChain).filter((chain) => chain.length > 8);
    expect(long.map((chain) => chain.join(" > "))).toEqual([]);
  });

  test("no file says `any`", () => {
    const found = sources.filter((file) => /(?::|\bas|[<,|&=(])\s*any\b(?!\s*\()/.test(codeOf(file)));
    expect(found).toEqual([]);
  });

  test("whatever imports vitest is a test, a fixture or the suite of a port, and says `test`", () => {
    const users = sources.filter((file) => textOf(file).includes('} from "vitest"'));
    expect(users.filter((file) => !isTest(file))).toEqual([]);
    expect(users.filter((file) => /\{[^}]*\bit\b[^}]*\} from "vitest"/.test(textOf(file)))).toEqual([]);
  });

  test("files are short: 300 lines are a smell, 400 are too many", () => {
    const long = production.filter((file) => textOf(file).split("\n").length > 400);
    expect(long).toEqual([]);
  });

  test("the README is one page: at most 200 lines", () => {
    expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(200);
  });

  /** npm leaves out what a registry lacked when the lock was written, and `npm ci` then refuses the lock. */
  test("the lock has every optional dependency, on every platform", () => {
    const lock = JSON.parse(textOf("package-lock.json")) as Lock;
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});
