/** The checks of `agora doctor` and before every run: each says what it found and, if it failed, the fix. */
import { access, constants, open, readFile, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BusError } from "../../runtime/bus/bus.ts";
import { type NatsAccess, shownServers } from "../../runtime/bus/nats-address.ts";
import { CHECKPOINT_FILES, POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";
import { diagnoseEndpoints } from "./doctor-endpoints.ts";
import { diagnoseTrainer } from "./doctor-trainer.ts";

export type { Check } from "./doctor-check.ts";

export interface Diagnosis {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly checkpointsFolder?: string | undefined;
  readonly nodeVersion?: string | undefined;
  /** Probes only the capabilities that the models declare: the others cannot fail. Default: false. */
  readonly declaredOnly?: boolean | undefined;
}

/** Never throws and never shows a key: a check that cannot run counts as failed. */
export const diagnose = async (config: Config, given: Diagnosis = {}): Promise<Check[]> => {
  const { env = process.env, checkpointsFolder = POCKET_FOLDER } = given;
  const { diagnosePlugins } = await import("./doctor-plugins.ts");
  const { diagnoseGpus } = await import("./doctor-gpus.ts");
  const checks = await Promise.all([
    diagnoseMachine(config, given),
    diagnosePlugins(config, checkpointsFolder),
    diagnoseEndpoints(config, env, given.declaredOnly),
    diagnoseTrainer(config, env, checkpointsFolder),
    diagnoseGpus(config, env),
  ]);
  return checks.flat();
};

/** Checks of this machine and the bus. */
const diagnoseMachine = async (config: Config, given: Diagnosis): Promise<Check[]> => {
  const { checkpointsFolder = POCKET_FOLDER, nodeVersion = process.versions.node } = given;
  const checks = await Promise.all([
    [checkNode(nodeVersion)],
    [await checkSqlite()],
    [await checkFolder(config.runsFolder)],
    [await checkDisk(config.runsFolder)],
    config.nats === undefined ? [] : [await checkNats(config.nats, config)],
    Promise.all(pocketNames(config).map((name) => checkCheckpoint(checkpointsFolder, name))),
  ]);
  return checks.flat();
};

const OLDEST_NODE = 24;

const checkNode = (version: string): Check => {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return passed("node", version);
  const fix = "start it through npm (npm start, npx agora), which includes Node, or install Node 24 or newer";
  return failed("node", `${version} is older than ${OLDEST_NODE}`, fix);
};

const checkSqlite = async (): Promise<Check> => {
  try {
    const { DatabaseSync } = await import("node:sqlite");
    using database = new DatabaseSync(":memory:");
    const row = database.prepare("SELECT sqlite_version() AS version").get();
    return passed("sqlite", String(row?.version));
  } catch (error) {
    return failed("sqlite", reasonOf(error), "use Node 24, which has SQLite built in");
  }
};

const checkFolder = async (folder: string): Promise<Check> => {
  const name = "runs folder";
  const existing = await nearestExisting(folder);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
    return passed(name, resolve(folder));
  } catch {
    return failed(
      name,
      `${existing} is not writable`,
      "change its permissions or set runsFolder to another folder",
    );
  }
};

/** A run's journal, logs and adapters need much less. */
const NEEDED_BYTES = 512 * 1024 ** 2;

const checkDisk = async (folder: string): Promise<Check> => {
  const { bavail, bsize } = await statfs(await nearestExisting(folder));
  const detail = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`;
  if (bavail * bsize >= NEEDED_BYTES) return passed("disk", detail);
  return failed("disk", detail, "free at least 0.5 GiB or set runsFolder to a folder on another disk");
};

const nearestExisting = async (folder: string): Promise<string> => {
  const path = resolve(folder);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
};

const checkNats = async (servers: string, { natsKey, natsCa, run }: Config): Promise<Check> => {
  const access: NatsAccess = { servers, keyFile: natsKey, caFile: natsCa };
  const shown = shownServers(access);
  try {
    const { connect } = await import("@nats-io/transport-node");
    const { connectionOptions } = await import("../../runtime/bus/nats-login.ts");
    const { assertHostKey } = await import("../../runtime/bus/host-key.ts");
    const connection = await connect({ ...connectionOptions(access), timeout: 2000, reconnect: false });
    const version = connection.info?.version;
    await assertHostKey(connection, access, run).finally(() => connection.close());
    return passed("nats", `${shown} answers, version ${version}`);
  } catch (error) {
    if (error instanceof BusError) return failed("nats", error.problem, error.fix ?? "");
    const fix =
      error instanceof Error && error.name === "AuthorizationError"
        ? "name the file of a key that it knows with natsKey (agora keys makes keys)"
        : "start it (nats-server -c nats.conf), or remove nats: the bus then runs in this process";
    return failed("nats", `${shown}: ${reasonOf(error)}`, fix);
  }
};

const pocketNames = ({ models }: Config): string[] => [
  ...new Set(models.flatMap((model) => (model.endpoint === "pocket" ? model.model : []))),
];

const checkCheckpoint = async (folder: string, checkpoint: string): Promise<Check> => {
  const name = `pocket ${checkpoint}`;
  try {
    for (const file of CHECKPOINT_FILES) await readable(join(folder, checkpoint, file));
    return passed(name, "all files readable");
  } catch (error) {
    const fix = `restore the folder from the repository, or make it: npm run pretrain -- ${checkpoint}`;
    return failed(name, reasonOf(error), fix);
  }
};

/** Reads JSON files completely, and of safetensors files the header, whose length is in the first 8 bytes. */
const readable = async (file: string): Promise<void> => {
  if (file.endsWith(".json")) {
    JSON.parse(await readFile(file, "utf8"));
    return;
  }
  await using handle = await open(file);
  const length = Number((await handle.read(Buffer.alloc(8), 0, 8, 0)).buffer.readBigUInt64LE());
  const { size } = await handle.stat();
  if (length === 0 || length + 8 > size) throw new Error(`${file} is cut off or not a safetensors file`);
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 8);
  JSON.parse(buffer.toString("utf8"));
};
