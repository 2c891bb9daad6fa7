/**
 * What modules outside the checkout may import, beside what lies next to them:
 *
 * 1. The package's own name is the package that runs, never a second copy of it.
 * 2. A package that a module does not find near itself (xstate, zod) is the running package's own.
 * 3. An import that neither finds fails as it would have failed: the error names the module that imports.
 */
import { existsSync, readFileSync } from "node:fs";
import { findPackageJSON, registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Home {
  /** The package's own name. */
  readonly name: string;
  /** Whoever imports from here finds the package's dependencies. */
  readonly url: string;
  /** URL of the package's entry where it runs from its sources: package.json may name what is built from them. */
  readonly entry?: string | undefined;
}

const nameIn = (file: string): string => {
  const { name }: { name?: unknown } = JSON.parse(readFileSync(file, "utf8"));
  return String(name);
};

const homeOf = (file: string): Home => {
  const entry = join(dirname(file), "index.ts");
  const isSource = import.meta.url.endsWith(".ts") && existsSync(entry);
  return {
    ...{ name: nameIn(file), url: pathToFileURL(file).href },
    entry: isSource ? pathToFileURL(entry).href : undefined,
  };
};

/** Neither a path nor a URL, nor `#internal`. */
const isBare = (specifier: string): boolean => !/^[./#]|^[a-z][a-z\d+.-]*:/i.test(specifier);

const isOf = (name: string, specifier: string): boolean =>
  specifier === name || specifier.startsWith(`${name}/`);

type Resolve<T> = (specifier: string, from?: string) => T;

/** The first way that resolves; otherwise the first way's error. */
const firstOf = <T>(first: () => T, second: () => T): T => {
  try {
    return first();
  } catch (cause) {
    try {
      return second();
    } catch {
      throw cause;
    }
  }
};

const ownModule = <T>({ name, url, entry }: Home, specifier: string, next: Resolve<T>): T =>
  specifier === name && entry !== undefined ? next(entry) : next(specifier, url);

/** `next` resolves as Node does; `from` is the URL of another importing module. */
export const resolveFor = <T>(home: Home, specifier: string, next: Resolve<T>): T => {
  if (!isBare(specifier)) return next(specifier);
  if (isOf(home.name, specifier)) return ownModule(home, specifier, next);
  return firstOf(
    () => next(specifier),
    () => next(specifier, home.url),
  );
};

let registered = false;

/** Once for the process, before the first module from outside is imported. */
export const openResolution = (): void => {
  const file = findPackageJSON(import.meta.url);
  if (registered || file === undefined) return;
  registered = true;
  const home = homeOf(file);
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      resolveFor(home, specifier, (wanted, from = context.parentURL) =>
        nextResolve(wanted, { ...context, parentURL: from }),
      ),
  });
};
