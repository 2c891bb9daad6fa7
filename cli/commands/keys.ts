/** `agora keys`: makes a key for each user of a NATS server, and the part of its configuration that knows them. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { publicKeyIn } from "../../runtime/bus/nats-login.ts";
import { whyNoAgent } from "../../runtime/config/name-checks.ts";
import { authorizationOf } from "../../runtime/wire/permissions.ts";
import { UsageError } from "../exit-codes.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

interface KeyFlags extends OutputFlags {
  readonly agents?: string;
}

const suffix = ".nk";
/** Whoever plays runs, whoever trains for them on other machines, and whoever steers them from elsewhere. */
const always = ["host", "trainer", "operator"];

const agentsOf = ({ agents = "" }: KeyFlags): string[] => {
  const names = agents
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  for (const name of names) {
    const why = /^[\w-]{1,64}$/.test(name) ? whyNoAgent(name) : "is not made of letters, digits, - and _";
    if (why !== undefined)
      throw new UsageError(`--agents: "${name}" ${why}`, { expected: "names of agents" });
  }
  return names;
};

/** False if there is one already: it stays. */
const makeKey = (file: string): boolean => {
  try {
    writeFileSync(file, `${new TextDecoder().decode(nkeys.createUser().getSeed())}\n`, {
      mode: 0o600,
      flag: "wx",
    });
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw cause;
  }
};

export interface Keys {
  /** Of the users whose key is new. */
  readonly made: readonly string[];
  /** All users that the server will know. */
  readonly users: readonly string[];
  /** The file to include in the server's configuration. */
  readonly configuration: string;
}

/** Keys that are in the folder stay; a server no longer knows a user whose file was removed. */
export const writeKeys = (folder: string, agents: readonly string[]): Keys => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = [...new Set([...always, ...agents])].filter((name) => makeKey(join(folder, name + suffix)));
  const files = readdirSync(folder).filter((name) => name.endsWith(suffix));
  const users = files.toSorted().map((file) => ({
    name: basename(file, suffix),
    publicKey: publicKeyIn(join(folder, file)),
  }));
  const configuration = join(folder, "users.conf");
  writeFileSync(configuration, authorizationOf(users));
  return { made, users: users.map(({ name }) => name), configuration };
};

const textOf = (folder: string, { made, users, configuration }: Keys): string =>
  [
    `New keys in ${folder}: ${made.join(", ") || "none"}. Users of the server: ${users.join(", ")}.`,
    `Include ${configuration} in nats.conf, and restart the server or reload it (nats-server --signal reload).`,
    `Give each user its own file only; a run needs natsKey=${join(folder, `host${suffix}`)}.`,
  ].join("\n");

export const keys = (folder: string, flags: KeyFlags): void => {
  const written = writeKeys(folder, agentsOf(flags));
  new Output(flags).show(written, () => textOf(folder, written));
};
