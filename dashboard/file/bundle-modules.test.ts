/** One script of modules and libraries. */

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { vendoredFiles } from "../server/vendor.ts";
import { bundleModules, libraryBody } from "./bundle-modules.ts";

const run = async (
  files: Readonly<Record<string, string>>,
  libraries: Readonly<Record<string, string>> = {},
) => {
  const heard: unknown[] = [];
  const script = bundleModules(
    "/main.ts",
    (address) => files[address],
    (name) => libraries[name],
  );
  runInNewContext(script, { say: (value: unknown) => heard.push(value) });
  await new Promise((resolve) => setTimeout(resolve));
  return { heard, script };
};

describe("a bundle", () => {
  test("runs each module once, when it is first needed", async () => {
    const { heard } = await run({
      "/main.ts":
        'import { two } from "./parts/two.ts";\nsay("main");\nvoid import("./later.ts").then(({ three }) => say(two + three));',
      "/parts/two.ts": 'say("two");\nexport const two = 2;',
      "/later.ts": 'import { two } from "./parts/two.ts";\nsay("later");\nexport const three = two + 1;',
    });
    expect(heard).toEqual(["two", "main", "later", 5]);
  });

  test("holds the libraries that are imported, also through others", async () => {
    const { heard } = await run(
      {
        "/main.ts":
          'import * as core from "core";\nimport def, { four } from "sums";\nsay([core.two, four]);'.replace(
            "def, ",
            "",
          ),
      },
      {
        core: "const a=2;export{a as two,a as zero};",
        sums: 'import{two as t}from"core";export{zero}from"core";var f=t+t;export{f as four};',
      },
    );
    expect(heard).toEqual([[2, 4]]);
  });

  test("cannot end the element that it stands in", async () => {
    const { heard, script } = await run({
      "/main.ts": 'say("</script><!-- <script>");\nsay(`</SCRIPT>`);\nsay(/<\\/script>/.test("</script>"));',
    });
    expect(heard).toEqual(["</script><!-- <script>", "</SCRIPT>", true]);
    expect(script).not.toMatch(/<\/script|<!--/i);
  });

  test("says what it does not hold", async () => {
    await expect(run({ "/main.ts": 'import { x } from "absent";\nsay(x);' })).rejects.toThrow(
      "this file does not hold absent",
    );
  });

  test("can take every library of the page", () => {
    for (const [address, file] of vendoredFiles()) {
      if (!address.endsWith(".mjs")) continue;
      expect(() => new Function("$use", libraryBody(readFileSync(file, "utf8"))), address).not.toThrow();
    }
    expect(() => libraryBody("const x = 1; export const y = x;")).toThrow(SyntaxError);
  });
});
