/** Finds the shape of a checkpoint without a network: in its folder, in the hub's cache, or among the known ones. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { KNOWN_SHAPES } from "./known-shapes.ts";
import { type Shape, shapeOf } from "./shape.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const hubFolder = ({ HF_HUB_CACHE, HF_HOME }: Environment): string =>
  HF_HUB_CACHE ?? join(HF_HOME ?? join(homedir(), ".cache", "huggingface"), "hub");

/** `<hub>/models--owner--name/snapshots/<revision>/config.json` */
const cached = (id: string, environment: Environment): string[] => {
  const snapshots = join(hubFolder(environment), `models--${id.replaceAll("/", "--")}`, "snapshots");
  if (!existsSync(snapshots)) return [];
  return readdirSync(snapshots).map((revision) => join(snapshots, revision, "config.json"));
};

const read = (file: string): Shape | undefined => {
  try {
    return shapeOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
};

/** `weights`: a folder or an id on the hub. Undefined if nothing on this machine tells its shape. */
export const findShape = (weights: string, environment: Environment = process.env): Shape | undefined => {
  const files = [join(resolve(weights), "config.json"), ...cached(weights, environment)];
  const found = files
    .filter((file) => existsSync(file))
    .map(read)
    .find((shape) => shape !== undefined);
  const known = KNOWN_SHAPES[weights];
  return found ?? (known === undefined ? undefined : shapeOf(known));
};
