/**
 * The gateway as a program, which `agora up` starts in place of llama.cpp's server where adapters are to be loaded:
 * `--port <port> --start-seconds <s> --model <id> --base <folder> --adapters <folder> --converter <word> … -- <llama-server and its arguments>`
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { createAdaptorServer } from "@hono/node-server";
import { Watchdog } from "../watchdog.ts";
import { LlamaGateway } from "./gateway.ts";
import { gatewayApp } from "./gateway-app.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "0" },
    "start-seconds": { type: "string", default: "900" },
    model: { type: "string", default: "" },
    base: { type: "string", default: "" },
    adapters: { type: "string", multiple: true, default: [] },
    converter: { type: "string", multiple: true, default: [] },
  },
});

const watchdog = new Watchdog();
const gateway = new LlamaGateway({
  ...{ model: values.model, argv: positionals, startSeconds: Number(values["start-seconds"]) },
  ...{ watchdog, onLine: (line: string) => console.log(line) },
  converter: { command: values.converter, base: values.base },
});

const leave = async (code: number): Promise<void> => {
  await gateway.close();
  watchdog.close();
  process.exit(code);
};

const fail = (error: unknown): Promise<void> => {
  console.error(error instanceof Error ? error.message : error);
  return leave(1);
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave(0));

try {
  await gateway.start();
  void gateway.lost.then(fail);
  const app = gatewayApp(gateway, {
    adapterFolders: values.adapters,
    // llama.cpp's server reads the same variable.
    apiKey: process.env.LLAMA_API_KEY,
  });
  const server = createAdaptorServer({ fetch: app.fetch }).listen(Number(values.port), "127.0.0.1");
  await once(server, "listening");
} catch (error) {
  await fail(error);
}
