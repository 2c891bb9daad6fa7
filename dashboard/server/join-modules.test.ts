import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Assets } from "./assets.ts";
import { joinModules } from "./join-modules.ts";

const moduleUrl = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** Imports the joined module, and one at another address as a view would. */
const joinedOf = async (files: Readonly<Record<string, string>>, other: string) => {
  const { text, others } = joinModules("/main.ts", (address) => files[address]);
  const entry = moduleUrl(text);
  const shim = (others.get(other) ?? "").replace('"/main.ts"', JSON.stringify(entry));
  return {
    entry: await import(/* @vite-ignore */ entry),
    other: await import(/* @vite-ignore */ moduleUrl(shim)),
  };
};

describe("joined modules", () => {
  test("run once each, in the order of their imports, and know what they import", async () => {
    const say = "globalThis.joinedOrder = [...(globalThis.joinedOrder ?? []), ";
    const { entry, other } = await joinedOf(
      {
        "/main.ts": `import { twice as double } from "./parts/twice.ts";
import * as counts from "./counts.ts";
import { isAbsolute } from "node:path";
${say}"main"];
export const four = double(counts.two);
export const seen = isAbsolute("/x");`,
        "/parts/twice.ts": `import {
  two,
} from "../counts.ts";
${say}"twice"];
export const twice = (n) => two * n;
export class Kept {}`,
        "/counts.ts": `${say}"counts"];\nconst two = 2;\nexport { two };\nexport function three() { return 3; }`,
      },
      "/parts/twice.ts",
    );
    expect(Reflect.get(globalThis, "joinedOrder")).toEqual(["counts", "twice", "main"]);
    Reflect.deleteProperty(globalThis, "joinedOrder");
    const { modules } = entry;
    expect([modules["/main.ts"].four, modules["/main.ts"].seen]).toEqual([4, true]);
    expect(other.Kept).toBe(modules["/parts/twice.ts"].Kept);
    expect(Object.keys(other)).toEqual(["Kept", "twice"]);
    expect(modules["/counts.ts"].three()).toBe(3);
  });

  test("import views dynamically from where these stand", () => {
    const files: Readonly<Record<string, string>> = {
      "/main.ts": 'import "./shell/app.ts";',
      "/shell/app.ts": 'export const load = () => import("../views/one.ts");',
      "/views/one.ts": "export const one = 1;",
    };
    const { text, others } = joinModules("/main.ts", (address) => files[address]);
    expect(text).toContain('import("/views/one.ts")');
    expect([...others.keys()]).toEqual(["/shell/app.ts"]);
  });

  test.each(["export default 1;", "const a = 1;\nexport { a as b };", 'export * from "./a.ts";'])(
    "%s cannot be joined, which is said",
    (text) => {
      expect(() => joinModules("/main.ts", () => text)).toThrow(
        "/main.ts has an export that cannot be joined",
      );
    },
  );
});

test("the page's first modules and styles are one file each", () => {
  const folder = fileURLToPath(new URL("../page/", import.meta.url));
  const assets = Assets.of(folder);
  const page = assets.find("/")?.text ?? "";
  expect([...page.matchAll(/rel="stylesheet"/g)]).toHaveLength(1);
  const styles = assets.find("/styles.css")?.text ?? "";
  for (const name of ["tokens", "society"])
    expect(styles).toContain(readFileSync(`${folder}style/${name}.css`, "utf8"));
  const main = assets.find("/main.ts")?.text ?? "";
  expect([...main.matchAll(/^import .*"([^"]+)";$/gm)].map(([, library]) => library).toSorted()).toEqual([
    ...["@preact/signals", "htm", "preact", "preact/hooks"],
  ]);
  expect(assets.find("/state/shown.ts")?.text).toMatch(
    /^import \{ modules \} from "\/main\.ts";\nexport const \{ /,
  );
  expect(assets.find("/growth/plot.ts")?.text).toContain('from "uplot"');
});
