/**
 * Builds what is published (`npm run build`, and before `npm pack`): `dist/` is the tree again, with JavaScript and
 * declarations in place of TypeScript, and the data that a run reads where it lay.
 *
 * 1. Whatever is addressed relative to its own file, such as prompts and checkpoints, is found in both trees by the
 *    same address. Modules change their name: tsc rewrites imports, and here the addresses of threads and processes,
 *    `new URL("./worker.ts", import.meta.url)`, are rewritten; package.json is one folder further up.
 * 2. The page's files stay TypeScript: its server strips their types in both trees.
 * 3. A checkout never needs `dist/`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "dist");

/** What a run reads besides its code. */
const data = [
  "dashboard/charts/shipped.json",
  "dashboard/page",
  "experiments/configs",
  "nats.conf",
  "pocket/checkpoints",
  "prompts/english",
  "prompts/pocket",
  "trainer/README.md",
  "trainer/agora_trainer",
  "trainer/constraints.txt",
  "trainer/pyproject.toml",
];

const isData = (path: string): boolean =>
  !/(\.(test|fixture)\.ts|^tsconfig\.json|^__pycache__)$/.test(basename(path));

/** TypeScript's own program, run by this very Node. */
const compile = (): void => {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const project = join(root, "packaging/tsconfig.json");
  execFileSync(process.execPath, [compiler, "-p", project], { stdio: "inherit" });
};

const copyData = (): void => {
  for (const path of data) {
    cpSync(join(root, path), join(output, path), { recursive: true, filter: isData });
  }
};

const moduleAddress = /(new URL\("[^"]+)\.ts(", import\.meta\.url\))/g;
/** There is one package.json, beside `dist/`. */
const manifestAddress = /(new URL\(")((?:\.\.\/)+package\.json", import\.meta\.url\))/g;

const correctAddresses = (): void => {
  for (const name of globSync("**/*.js", { cwd: output })) {
    const file = join(output, name);
    const text = readFileSync(file, "utf8");
    const corrected = text.replaceAll(moduleAddress, "$1.js$2").replaceAll(manifestAddress, "$1../$2");
    if (corrected !== text) writeFileSync(file, corrected);
  }
};

/** The package's entry: Node links a module with all it imports before it runs any of it, so the check comes first. */
const writeEntry = async (): Promise<void> => {
  const names = Object.keys(await import(pathToFileURL(join(root, "index.ts")).href));
  const lines = [
    'import { requireNode } from "../entry/node-version.js";',
    "",
    "requireNode();",
    `export const { ${names.join(", ")} } = await import("./index.js");`,
  ];
  writeFileSync(join(output, "entry.js"), `${lines.join("\n")}\n`);
};

rmSync(output, { recursive: true, force: true });
compile();
copyData();
correctAddresses();
await writeEntry();
