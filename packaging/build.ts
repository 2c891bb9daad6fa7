/**
 * Builds the published package (`npm run build`, and before `npm pack`). `dist/` has the same tree, with JavaScript and
 * declarations in place of TypeScript and with the data files that a run reads.
 *
 * 1. Files that are addressed relative to a module, such as prompts and checkpoints, have the same relative address in
 *    both trees. Modules change their name: tsc rewrites imports, and this program rewrites the addresses of threads
 *    and processes, `new URL("./worker.ts", import.meta.url)`, and those of agent types in configurations.
 *    package.json is one folder further up.
 * 2. The page's files stay TypeScript: its server strips their types in both trees.
 * 3. A checkout never needs `dist/`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "dist");

/** Files that a run reads besides its code. */
const data = [
  "dashboard/charts/shipped.json",
  "dashboard/page",
  "experiments/configs",
  "experiments/ready",
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

/** Configurations that name modules beside them. */
const configurations = "experiments/baselines/*/*.yaml";

/**
 * Runs the TypeScript compiler with this Node. It has one checker: several share no types, and do the same work again.
 * It collects garbage (GOGC) after four times its usual growth.
 */
const compile = (): void => {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const project = join(root, "packaging/tsconfig.json");
  execFileSync(process.execPath, [compiler, "-p", project, "--checkers", "1"], {
    stdio: "inherit",
    env: { GOGC: "400", ...process.env },
  });
};

const copyData = (): void => {
  for (const path of data) {
    cpSync(join(root, path), join(output, path), { recursive: true, filter: isData });
  }
};

const copyConfigurations = (): void => {
  for (const path of globSync(configurations, { cwd: root })) {
    const text = readFileSync(join(root, path), "utf8");
    writeFileSync(join(output, path), text.replace(/^(agents: \[\.\/\w+)\.ts\]$/m, "$1.js]"));
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

/** The package's entry: it checks Node before a dynamic import, because static imports load before any code runs. */
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
copyConfigurations();
correctAddresses();
await writeEntry();
