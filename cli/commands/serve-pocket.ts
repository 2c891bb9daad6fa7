/** `agora serve-pocket`: the embedded models behind an OpenAI-compatible address, for any client. */
import { join } from "node:path";
import { Command } from "commander";
import { servePocket } from "../../pocket/server/index.ts";
import { listCheckpoints, POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";

const checked = (names: readonly string[]): readonly string[] => {
  const known = listCheckpoints();
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names.length > 0 ? names : known;
  throw new Error(`no pocket model is called ${unknown}; expected one of ${known.join(", ")}`);
};

const portOf = (port: string): number => {
  const number = Number(port);
  if (Number.isInteger(number) && number >= 0 && number < 65_536) return number;
  throw new Error(`--port is ${port}; expected a number from 0 (any free port) to 65535`);
};

export const servePocketCommand = new Command("serve-pocket")
  .description("Serve embedded models over HTTP, as an OpenAI-compatible endpoint on loopback.")
  .argument("[models...]", "names of models; all where none is given")
  .option("-p, --port <port>", "port on 127.0.0.1", "8000")
  .action(async (names: string[], flags: { readonly port: string }) => {
    const models = checked(names).map((name) => ({ name, folder: join(POCKET_FOLDER, name) }));
    const server = await servePocket({ models, port: portOf(flags.port) });
    process.stdout.write(`Serving ${models.map(({ name }) => name).join(", ")} at ${server.url}/v1\n`);
    const stop = () => void server.close().then(() => process.exit(0));
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
