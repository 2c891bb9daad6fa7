/**
 * Joins the page's modules into one, so that a browser gets them with one request: each request of dozens would wait
 * for a turn of the event loop of a run that is busy.
 *
 * 1. The joined module has the address of the page's first one. It holds all that this imports statically; views are
 *    imported dynamically and stay modules of their own. Libraries are imported as before.
 * 2. A module that was joined keeps its address: there it gives its importers what it exports in the joined one, so
 *    that every module is run once.
 * 3. Only the syntax that the page's modules have can be joined: named or whole imports, and exports of declarations.
 */

/** The text of a module without types, by address; undefined for what is not the page's own. */
export type TextOf = (address: string) => string | undefined;

export interface Module {
  readonly address: string;
  readonly text: string;
  /** Addresses that it imports statically. */
  readonly uses: readonly string[];
  readonly exported: readonly string[];
}

export const importPattern = /^import\s+(?:(\*\s+as\s+\w+|\w+|\{[^}]*\})\s+from\s+)?"([^"]+)";?/gm;
export const dynamicPattern = /\bimport\("(\.[^"]+)"\)/g;
const declarationPattern = /^export (?:const|let|class|(?:async )?function\*?) ([\w$]+)/gm;
export const listPattern = /^export \{([^}]*)\};?/gm;
const anyExportPattern = /^export\s/m;

const isOwn = (specifier: string): boolean => /^\.{0,2}\//.test(specifier);

export const addressOf = (specifier: string, from: string): string =>
  new URL(specifier, new URL(from, "http://page")).pathname;

const namesIn = (list: string): string[] =>
  list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** @throws SyntaxError where a module exports what cannot be joined */
export const moduleOf = (address: string, text: string): Module => {
  const specifiers = [...text.matchAll(importPattern)].map(([, , specifier = ""]) => specifier);
  const declared = [...text.matchAll(declarationPattern)].map(([, name = ""]) => name);
  const listed = [...text.matchAll(listPattern)].flatMap(([, list = ""]) => namesIn(list));
  const rest = text.replaceAll(declarationPattern, "").replaceAll(listPattern, "");
  if (anyExportPattern.test(rest) || listed.some((name) => / as /.test(name)))
    throw new SyntaxError(`${address} has an export that cannot be joined with other modules`);
  const uses = specifiers.filter(isOwn).map((specifier) => addressOf(specifier, address));
  return { address, text, uses, exported: [...declared, ...listed] };
};

/** Every module after those that it uses. */
const modulesOf = (entry: string, textOf: TextOf): Module[] => {
  const ordered = new Map<string, Module>();
  const visit = (address: string): void => {
    const text = textOf(address);
    if (text === undefined || ordered.has(address)) return;
    const module = moduleOf(address, text);
    for (const used of module.uses) visit(used);
    ordered.set(address, module);
  };
  visit(entry);
  return [...ordered.values()];
};

/** Declares `* as x`, `x` or `{ a, b as c }` of an object that has what a module exports. */
export const taken = (clause: string, from: string): string => {
  if (clause.startsWith("*")) return `const ${clause.replace(/\*\s+as\s+/, "")} = ${from};`;
  if (clause.startsWith("{")) return `const ${clause.replaceAll(/\s+as\s+/g, ": ")} = ${from};`;
  return `const ${clause} = ${from}.default;`;
};

export interface JoinedModules {
  readonly text: string;
  /** What stands at the address of each module that was joined, except the first. */
  readonly others: ReadonlyMap<string, string>;
}

export const joinModules = (entry: string, textOf: TextOf): JoinedModules => {
  const modules = modulesOf(entry, textOf);
  const variables = new Map(modules.map(({ address }, index) => [address, `$${index}`]));
  const libraries = new Map<string, string>();
  const libraryOf = (specifier: string): string => {
    const known = libraries.get(specifier) ?? `$library${libraries.size}`;
    libraries.set(specifier, known);
    return known;
  };
  const bodyOf = ({ address, text }: Module): string =>
    text
      .replaceAll(importPattern, (_, clause: string | undefined, specifier: string) => {
        const from = variables.get(addressOf(specifier, address)) ?? libraryOf(specifier);
        return clause === undefined ? "" : taken(clause, from);
      })
      .replaceAll(dynamicPattern, (_, specifier: string) => `import("${addressOf(specifier, address)}")`)
      .replaceAll(listPattern, "")
      .replaceAll(/^export /gm, "");
  const joined = modules.map((module) => {
    const given = `return { ${module.exported.join(", ")} };`;
    return `const ${variables.get(module.address)} = (() => {\n${bodyOf(module)}\n${given}\n})();`;
  });
  const table = modules.map(({ address }) => `"${address}": ${variables.get(address)}`);
  const imports = [...libraries].map(([specifier, name]) => `import * as ${name} from "${specifier}";`);
  const lines = [...imports, ...joined, `export const modules = { ${table.join(", ")} };`];
  const shims = modules
    .filter(({ address }) => address !== entry)
    .map(({ address, exported }): [string, string] => [
      address,
      `import { modules } from "${entry}";\nexport const { ${exported.join(", ")} } = modules["${address}"];\n`,
    ]);
  return { text: `${lines.join("\n")}\n`, others: new Map(shims) };
};
