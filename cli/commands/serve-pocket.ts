/** `agora serve-pocket`: serves the embedded models as an OpenAI-compatible endpoint. */
import { once } from "node:events";
import { join } from "node:path";
import { listCheckpoints, POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { UsageError } from "../exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { addressOf } from "./page.ts";

const checked = (names: readonly string[]): readonly string[] => {
  const known = listCheckpoints();
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names.length > 0 ? names : known;
  throw new UsageError(`no pocket model is called ${unknown}`, { expected: `one of ${known.join(", ")}` });
};

interface ServeFlags extends OutputFlags {
  readonly port: string;
  readonly adapters: string;
}

export const serve = async (names: readonly string[], flags: ServeFlags): Promise<void> => {
  const models = checked(names).map((name) => ({ name, folder: join(POCKET_FOLDER, name) }));
  const { servePocket } = await import("../../pocket/server/serve.ts");
  const server = await servePocket({
    ...{ models, adapterFolders: [flags.adapters] },
    ...addressOf({ port: flags.port }),
  });
  const interrupt = onInterrupt();
  const facts = { url: `${server.url}/v1`, models: models.map(({ name }) => name) };
  new Output(flags).show(facts, () => `Serving ${facts.models.join(", ")} at ${facts.url}`);
  await once(interrupt.signal, "abort");
  await server.close();
  process.exit();
};
