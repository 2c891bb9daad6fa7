/**
 * llama.cpp's server for tests: it answers with the name in the file of the adapter whose scale is 1, or with "base".
 * `--slow <ms>`: time of an answer. `--hold <file>`: it answers once the file is gone. An adapter that says "broken" ends it
 * at its start, as does the file `--gone` once it exists; with the file `--dumb` it never listens.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    slow: { type: "string", default: "0" },
    hold: { type: "string", default: "" },
    gone: { type: "string", default: "" },
    dumb: { type: "string", default: "" },
    lora: { type: "string", multiple: true, default: [] },
  },
});

const files = values.lora.map((file) => readFileSync(file, "utf8"));
console.log(`files ${values.lora.join(",")}`);
console.log(`pid ${process.pid} adapters ${files.join(",")}`);
if (files.includes("broken") || existsSync(values.gone)) {
  console.error("the adapter does not fit");
  process.exit(3);
}

interface Call {
  readonly model: string;
  readonly lora?: readonly { readonly id: number; readonly scale: number }[];
}

const contentOf = ({ lora = [] }: Call): string => {
  if (lora.length !== files.length) return `${lora.length} of ${files.length} places`;
  const on = lora.filter(({ scale }) => scale === 1).map(({ id }) => files[id]);
  return on.length === 0 ? "base" : on.join("+");
};

const answer = async (request: NodeJS.ReadableStream): Promise<object> => {
  const call = JSON.parse((await textOf(request)) || "{}") as Call;
  await sleep(Number(values.slow));
  while (existsSync(values.hold)) await sleep(20);
  const message = { role: "assistant", content: contentOf(call) };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  return { model: call.model, choices: [{ index: 0, message, finish_reason: "stop" }], usage };
};

const server = createServer(async (request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url === "/v1/models") response.end(JSON.stringify({ data: [{ id: "base-model" }] }));
  else if (request.method === "POST") response.end(JSON.stringify(await answer(request)));
  else response.end("{}");
});
if (existsSync(values.dumb)) setInterval(() => {}, 1000);
else server.listen(Number(values.port), "127.0.0.1");
