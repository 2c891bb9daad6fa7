/** The package as its users get it: packed, and installed by npm in empty folders. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("..", import.meta.url));

const isRequired = (process.env.AGORA_REQUIRE ?? "").split(",").includes("package");

export interface Ended {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** The environment without the variables that npm and vitest set. */
const plainEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST)/i.test(name)),
  );

/** The folder of the Node that runs the tests comes first. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** Runs a program; also a failure is a result. */
export const ran = async (program: string, given: readonly string[], cwd: string): Promise<Ended> => {
  const environment = { ...plainEnvironment(), PATH: path };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...given], { cwd, env: environment });
    return { status: 0, output: stdout, errors: stderr };
  } catch (cause) {
    const { code, stdout = "", stderr = "" } = cause as { code?: unknown; stdout?: string; stderr?: string };
    return { status: typeof code === "number" ? code : -1, output: stdout, errors: stderr || String(cause) };
  }
};

/** @throws Error with the output of npm */
export const npm = async (given: readonly string[], cwd: string): Promise<string> => {
  const { status, output, errors } = await ran("npm", given, cwd);
  if (status !== 0) throw new Error(`npm ${given.join(" ")} ended with status ${status}: ${errors}`);
  return output;
};

const hasRegistry = async (): Promise<boolean> => {
  const quick = ["--fetch-retries=0", "--fetch-timeout=10000"];
  const { status } = await ran("npm", ["view", "xstate", "version", ...quick], tmpdir());
  return status === 0;
};

/** Why the package cannot be tested here, or undefined. */
export const packageLack: string | undefined =
  isRequired || (await hasRegistry()) ? undefined : "no npm registry can be reached";
if (packageLack !== undefined) console.warn(`tests of the packed package are skipped: ${packageLack}`);

export const emptyFolder = (name: string): string =>
  realpathSync(mkdtempSync(join(tmpdir(), `agora-${name}-`)));

const install = ["--no-audit", "--no-fund", "--prefer-offline"];

/** Packs the package; returns the path of the tarball. */
export const packed = async (): Promise<string> => {
  const folder = emptyFolder("packed");
  const said = await npm(
    ["pack", "--pack-destination", folder, "--json", "--foreground-scripts=false"],
    root,
  );
  const [{ filename }] = JSON.parse(said.slice(said.indexOf("["))) as [{ filename: string }];
  return join(folder, filename);
};

const isWindows = process.platform === "win32";

/** A global package: the prefix under which it is installed, and the program `agora`. */
export interface Installed {
  readonly prefix: string;
  readonly program: string;
}

/** Installs the tarball as a global package. */
export const globallyInstalled = async (tarball: string): Promise<Installed> => {
  const prefix = emptyFolder("global");
  await npm(["install", "--global", `--prefix=${prefix}`, ...install, tarball], prefix);
  return { prefix, program: join(prefix, isWindows ? "agora.cmd" : "bin/agora") };
};

/** A folder of a project whose packages are those: npm has unpacked them once, and would unpack the same again. */
export const projectWith = ({ prefix }: Installed): string => {
  const folder = emptyFolder("project");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", type: "module" }));
  const packages = join(prefix, isWindows ? "node_modules" : "lib/node_modules");
  symlinkSync(packages, join(folder, "node_modules"), "junction");
  return folder;
};

/** Every Node on the PATH, with its version. */
export const nodes = async (): Promise<{ readonly program: string; readonly version: string }[]> => {
  const places = path.split(delimiter).map((folder) => join(folder, "node"));
  const programs = new Set(places.filter((place) => existsSync(place)).map((place) => realpathSync(place)));
  return Promise.all(
    [...programs].map(async (program) => {
      const { output } = await ran(program, ["-p", "process.versions.node"], tmpdir());
      return { program, version: output.trim() };
    }),
  );
};
