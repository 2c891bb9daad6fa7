/** Where an import of a module outside the checkout is looked for, with a resolver that knows a few names. */
import { describe, expect, test } from "vitest";
import { type Home, resolveFor } from "./resolution.ts";

const home: Home = { name: "@house/agora", url: "file:///agora/package.json" };
const source: Home = { ...home, entry: "file:///agora/index.ts" };

/** Near the module lies `own`; near the house lie `xstate` and the house's own package. */
const next = (specifier: string, from = "file:///elsewhere/module.ts"): string => {
  const known = from === home.url ? ["xstate", "@house/agora", "@house/agora/part"] : ["own", "./beside.ts"];
  if (known.includes(specifier) || specifier.startsWith("file:") || specifier.startsWith("node:"))
    return `${specifier} from ${from}`;
  throw new Error(`no ${specifier} for ${from}`);
};
const near = "file:///elsewhere/module.ts";

describe("an import of a module outside the checkout", () => {
  test("finds what lies near the module, and built-in modules, as Node does", () => {
    for (const specifier of ["own", "./beside.ts", "node:fs"])
      expect(resolveFor(home, specifier, next)).toBe(`${specifier} from ${near}`);
  });

  test("finds the house's packages where the module has none", () => {
    expect(resolveFor(home, "xstate", next)).toBe(`xstate from ${home.url}`);
  });

  test("finds the house by its own name: its sources where these run, else what package.json names", () => {
    expect(resolveFor(source, "@house/agora", next)).toBe(`${source.entry} from ${near}`);
    expect(resolveFor(home, "@house/agora", next)).toBe(`@house/agora from ${home.url}`);
    expect(resolveFor(source, "@house/agora/part", next)).toBe(`@house/agora/part from ${home.url}`);
  });

  test("fails with the module's own error where nobody has it", () => {
    expect(() => resolveFor(home, "nothing", next)).toThrow(`no nothing for ${near}`);
    expect(() => resolveFor(home, "./gone.ts", next)).toThrow(`no ./gone.ts for ${near}`);
  });
});
