/** The published package works without a checkout. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isNewEnough, oldestMajor, requireNode } from "../entry/node-version.js";
import * as source from "../index.ts";
import {
  emptyFolder,
  globallyInstalled,
  nodes,
  npm,
  packageLack,
  packed,
  projectWith,
  ran,
  root,
} from "./package.fixture.ts";

/** Time limit for compiling, packing and installing on a shared processor [ms]. */
const patience = 900_000;

const packageName = "@agora-society/agora";

interface Manifest {
  readonly name: string;
  readonly engines: { readonly node: string };
}

interface Carrier {
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

test("the entry asks for the Node that package.json asks for", () => {
  expect(manifest.engines.node).toBe(`>=${oldestMajor}`);
  expect(manifest.name).toBe(packageName);
});

test("an old Node is an error with the required version, and a new one is accepted", () => {
  expect(() => requireNode("20.20.2", "/usr/bin/node")).toThrow(
    expect.objectContaining({
      code: "AGORA_NODE_VERSION",
      message: expect.stringMatching(/^Agora needs Node 24 or newer, and this is Node 20\.20\.2 \(.*Install/),
    }),
  );
  for (const version of ["24.0.0", "24.21.0", "26.10.0"]) expect(() => requireNode(version)).not.toThrow();
});

test("a checkout gets a Node on every platform, those that the documentation names; .nvmrc names Linux's", () => {
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const { optionalDependencies } = JSON.parse(read("packaging/node/package.json")) as Carrier;
  const platforms = read("docs/platforms.md");
  for (const [name, version] of Object.entries(optionalDependencies)) {
    expect(isNewEnough(version)).toBe(true);
    expect(platforms).toMatch(new RegExp(`\\| \`${name}\`\\s*\\| ${version} `));
    if (name.startsWith("node-linux")) expect(version.split(".")[0]).toBe(read(".nvmrc").trim());
  }
});

/** What the smallest Debian and Ubuntu have: libc, and the libraries of GCC and C++ that apt needs. */
const librariesOfEveryLinux =
  /^(linux-vdso|ld-linux-[\w-]+|libc|libdl|libm|libpthread|librt|libgcc_s|libstdc\+\+)\.so/;

test.skipIf(process.platform !== "linux")(
  "the Node of a checkout needs no library that is missing on a fresh Linux",
  () => {
    const program = join(root, "node_modules", `node-linux-${process.arch}`, "bin/node");
    const listed = execFileSync("ldd", [program], { encoding: "utf8" }).trim().split("\n");
    const needed = listed.map((line) => basename(line.trim().split(" ", 1)[0] ?? ""));
    expect(needed.length).toBeGreaterThan(2);
    expect(needed.filter((name) => !librariesOfEveryLinux.test(name))).toEqual([]);
  },
);

const tinyRun = [
  ...["run", "--no-page", "--problems", "0", "-s", "run=tiny", "-s", "rounds=1", "-s", "lora=false"],
  ...["-s", "questionsPerRound=2", "-s", "externalAnchor=false"],
];

describe.skipIf(packageLack !== undefined)(
  `the packed package${packageLack ? ` (${packageLack})` : ""}`,
  () => {
    let [program, prefix, project] = ["", "", ""];
    /** Where the tiny run was played. */
    const runsHere = emptyFolder("runs");

    beforeAll(async () => {
      const installed = await globallyInstalled(await packed());
      ({ program, prefix } = installed);
      project = projectWith(installed);
    }, patience);

    const inPackage = (...path: string[]): string => join(project, "node_modules", packageName, ...path);

    test("plays the tiny run from an empty folder when installed globally", {
      timeout: patience,
    }, async () => {
      const { status, output, errors } = await ran(program, tinyRun, runsHere);
      expect(status, errors).toBe(0);
      expect(output).toMatch(/\d+ questions settled in 1 round/);
      expect(readdirSync(join(runsHere, "runs/tiny"))).toContain("run.db");
    });

    test("plans the baselines of a ready experiment", { timeout: patience }, async () => {
      const planned = await ran(program, ["experiment", "main", "--dry-run"], runsHere);
      expect([planned.status, planned.errors]).toEqual([0, ""]);
      expect(planned.output).toMatch(/star\.js/);
    });

    test("serves the page of that run to browsers", { timeout: patience }, async () => {
      const page = spawn(process.execPath, [program, "replay", "tiny", "--port", "0"], { cwd: runsHere });
      onTestFinished(() => void page.kill());
      let said = "";
      while (!/Page: \S+\n/.test(said)) [said] = [said + String(await once(page.stdout, "data"))];
      const [, address = ""] = /Page: (\S+)/.exec(said) ?? [];
      expect(await (await fetch(address)).text()).toContain('src="/main.ts"');
      for (const file of ["main.ts", "vendor/preact.mjs", "vendor/signals-core.mjs", "vendor/katex.mjs"]) {
        const { status, headers } = await fetch(new URL(file, address));
        expect([file, status, headers.get("content-type")]).toEqual([
          ...[file, 200, "text/javascript; charset=utf-8"],
        ]);
      }
      const charts = (await (await fetch(new URL("api/charts", address))).json()) as object;
      expect(Object.keys(charts).length).toBeGreaterThan(3);
    });

    test("exports every name of index.ts, on every installed Node that is new enough", async () => {
      const script = `import * as agora from "${packageName}"; console.log(Object.keys(agora).join());`;
      const names = Object.keys(source).toSorted();
      for (const { program: node, version } of (await nodes()).filter(({ version }) =>
        isNewEnough(version),
      )) {
        const { output, errors } = await ran(node, ["--input-type=module", "-e", script], project);
        expect(output.trim().split(","), `${version}: ${errors}`).toEqual(names);
      }
    });

    test("reports the required version on every installed Node that is too old", async () => {
      const needs = `Agora needs Node ${oldestMajor} or newer`;
      for (const { program: node, version } of (await nodes()).filter(
        ({ version }) => !isNewEnough(version),
      )) {
        const started = await ran(node, [program, "--help"], project);
        expect([version, started.status, started.output]).toEqual([version, 1, ""]);
        expect(started.errors).toMatch(new RegExp(`^agora: ${needs}[^\n]*\n$`));
        const imported = await ran(node, ["--input-type=module", "-e", `import "${packageName}"`], project);
        expect([version, imported.status]).toEqual([version, 1]);
        expect(imported.errors).toContain(needs);
      }
    });

    test("has types for a custom agent type and a run", { timeout: patience }, async () => {
      const file = join(project, "own.ts");
      writeFileSync(
        file,
        `import { type AgentType, loadConfig, planOf, standardParts, startRun } from "${packageName}";
      export const own = (agent: AgentType): string => agent.kind.toUpperCase() + planOf.length;
      const config = loadConfig({ overrides: { rounds: 1 } });
      const run = await startRun({ config }, await standardParts(config));
      export const folder: string = run.folder;
      // @ts-expect-error A run's folder is no number.
      export const wrong: number = run.folder;\n`,
      );
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const flags = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--checkers",
        "1",
        "--module",
        "nodenext",
        "--target",
        "es2024",
      ];
      const { status, output } = await ran(process.execPath, [compiler, ...flags, file], project);
      expect([output, status]).toEqual(["", 0]);
    });

    test("contains no Node and no tests", async () => {
      const listed = JSON.parse(
        await npm(["ls", "--global", `--prefix=${prefix}`, "--all", "--json"], project),
      ) as object;
      expect(JSON.stringify(listed)).not.toMatch(/"node-(bin-)?(linux|darwin|win)-/);
      const found = readdirSync(inPackage(), { recursive: true, encoding: "utf8" });
      const files = found.filter((file) => !file.startsWith("node_modules"));
      expect(files.filter((file) => /\.(test|fixture|conformance)\./.test(file))).toEqual([]);
      const code = files.filter((file) => file.startsWith(join("dist", "")) && file.endsWith(".js"));
      const stale = code.filter((file) => /new URL\("[^"]+\.ts"/.test(readFileSync(inPackage(file), "utf8")));
      expect(stale).toEqual([]);
    });
  },
);
