/**
 * Makes one classic script of a module, of all that it imports, statically or when needed, and of the libraries, so
 * that a page opens from a file, where a browser loads no other file.
 *
 * 1. Every module becomes a function that is called when the first other one needs it, so modules may be in any order
 *    and a view still begins when it is opened.
 * 2. A library keeps its text; only its imports and exports are rewritten. Those that the page's own libraries have are
 *    supported; `bundle-modules.test.ts` loads all of them.
 * 3. The script is safe inside an HTML element: nothing in it ends a script or begins a comment.
 */
import {
  addressOf,
  dynamicPattern,
  importPattern,
  listPattern,
  type Module,
  moduleOf,
  type TextOf,
  taken,
} from "../server/join-modules.ts";

/** The text of a library by the name that modules import it by; undefined: it is left out. */
export type LibraryOf = (name: string) => string | undefined;

const libraryImport = /^import\s+(?:(?:\*\s+as\s+\w+|\w+|\{[^}]*\})\s+from\s+)?"([^."/][^"]*)"/gm;
const lateLibrary = /\bimport\("([^."/][^"]*)"\)/g;

const use = (name: string): string => `$use(${JSON.stringify(name)})`;
const useLater = (name: string): string => `Promise.resolve().then(() => ${use(name)})`;

const moduleBody = ({ address, text, exported }: Module): string => {
  const body = text
    .replaceAll(importPattern, (_, clause: string | undefined, specifier: string) => {
      const name = /^\.{0,2}\//.test(specifier) ? addressOf(specifier, address) : specifier;
      return clause === undefined ? `${use(name)};` : taken(clause, use(name));
    })
    .replaceAll(dynamicPattern, (_, specifier: string) => useLater(addressOf(specifier, address)))
    .replaceAll(lateLibrary, (_, name: string) => useLater(name))
    .replaceAll(listPattern, "")
    .replaceAll(/^export /gm, "")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{2,}/g, "\n");
  return `${body}\nreturn { ${exported.join(", ")} };`;
};

const pairsIn = (list: string): readonly (readonly [from: string, to: string])[] =>
  list
    .split(",")
    .map((entry) => entry.trim().split(/\s+as\s+/))
    .filter(([from = ""]) => from !== "")
    .map(([from = "", to = from]) => [from, to]);

const takenPairs = (list: string): string =>
  pairsIn(list)
    .map(([from, to]) => `${from}: ${to}`)
    .join(", ");

/** @throws SyntaxError if the library has an export of another kind */
export const libraryBody = (text: string): string => {
  const given: string[] = [];
  const body = text
    .replaceAll(/\/\/# sourceMappingURL=.*$/gm, "")
    .replaceAll(/\bimport\s*\{([^}]*)\}\s*from\s*"([^"]+)";?/g, (_, list: string, name: string) => {
      return `const { ${takenPairs(list)} } = ${use(name)};`;
    })
    .replaceAll(/\bexport\s*\{([^}]*)\}\s*from\s*"([^"]+)";?/g, (_, list: string, name: string) => {
      for (const [from, to] of pairsIn(list)) given.push(`${to}: ${use(name)}.${from}`);
      return "";
    })
    .replaceAll(/\bexport\s*\{([^}]*)\};?/g, (_, list: string) => {
      for (const [from, to] of pairsIn(list)) given.push(`${to}: ${from}`);
      return "";
    })
    .replace(/\bexport default function\s*\(/, () => {
      given.push("default: $default");
      return "const $default = function (";
    });
  if (given.length === 0) throw new SyntaxError("a library has no export that can be rewritten");
  return `${body}\nreturn { ${given.join(", ")} };`;
};

/** In code, `<` before these is within a string, a template or an expression, where a backslash changes nothing. */
const safe = (script: string): string =>
  script.replaceAll(/<(?=\/script)/gi, "<\\").replaceAll("<!--", "<\\!--");

const loader = `const $made = new Map();
const $use = (name) => {
  if (!$made.has(name)) {
    if (!Object.hasOwn($modules, name)) throw new Error("this file does not hold " + name);
    $made.set(name, $modules[name]());
  }
  return $made.get(name);
};`;

/** The entry and everything it may need, by address. */
const modulesOf = (entry: string, textOf: TextOf): Map<string, Module> => {
  const found = new Map<string, Module>();
  const visit = (address: string): void => {
    const text = found.has(address) ? undefined : textOf(address);
    if (text === undefined) return;
    const module = moduleOf(address, text);
    found.set(address, module);
    const later = [...text.matchAll(dynamicPattern)].map(([, specifier = ""]) =>
      addressOf(specifier, address),
    );
    for (const used of [...module.uses, ...later]) visit(used);
  };
  visit(entry);
  return found;
};

const librariesOf = (modules: Iterable<Module>, libraryOf: LibraryOf): Map<string, string> => {
  const found = new Map<string, string>();
  const visit = (name: string): void => {
    const text = found.has(name) ? undefined : libraryOf(name);
    if (text === undefined) return;
    found.set(name, libraryBody(text));
    for (const [, used = ""] of text.matchAll(/\bfrom\s*"([^"]+)"/g)) visit(used);
  };
  for (const { text } of modules)
    for (const [, name = ""] of [...text.matchAll(libraryImport), ...text.matchAll(lateLibrary)]) visit(name);
  return found;
};

/** @throws SyntaxError where a module or a library has an export that cannot be rewritten */
export const bundleModules = (entry: string, textOf: TextOf, libraryOf: LibraryOf): string => {
  const modules = modulesOf(entry, textOf);
  const libraries = librariesOf(modules.values(), libraryOf);
  const bodies = [
    ...libraries,
    ...[...modules].map(([address, module]): [string, string] => [address, moduleBody(module)]),
  ];
  const table = bodies.map(([name, body]) => `${JSON.stringify(name)}: () => {\n${body}\n},`);
  const lines = ['"use strict";', "{", "const $modules = {", ...table, "};", loader, `${use(entry)};`, "}"];
  return safe(lines.join("\n"));
};
