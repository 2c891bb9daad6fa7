/**
 * A server for tests. `--slow <ms>`: time until it is healthy. `--die <ms>`: exits this long after its first health
 * check, with `--once <file>` only if the file does not exist. `--crash`: exits at the start. `--deaf`: ignores
 * SIGTERM. `--ill`: answers 503 after its first health check. `--worker`: starts a child process. `--dumb`: never
 * listens. `--show <name>`: prints this environment variable.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    slow: { type: "string", default: "0" },
    die: { type: "string" },
    once: { type: "string" },
    show: { type: "string" },
    deaf: { type: "boolean", default: false },
    ill: { type: "boolean", default: false },
    dumb: { type: "boolean", default: false },
    crash: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});

console.log(`pid ${process.pid}`);
if (values.show !== undefined) console.log(`${values.show}=${process.env[values.show]}`);
if (values.crash) {
  console.error("out of memory, as requested");
  process.exit(3);
}
if (values.deaf) process.on("SIGTERM", () => console.log("SIGTERM ignored"));
if (values.worker) {
  const worker = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  console.log(`worker ${worker.pid}`);
}

const isDue = values.die !== undefined && !(values.once !== undefined && existsSync(values.once));

const die = (): void => {
  if (values.once !== undefined) writeFileSync(values.once, "");
  console.error("a bug, as requested");
  process.exit(1);
};

const readyAt = Date.now() + Number(values.slow);
let wellAnswers = 0;
const server = createServer((_, response) => {
  const isWell = Date.now() >= readyAt && !(values.ill && wellAnswers > 0);
  response.statusCode = isWell ? 200 : 503;
  response.end();
  if (isWell && wellAnswers === 0 && isDue) setTimeout(die, Number(values.die));
  if (isWell) wellAnswers += 1;
});
if (values.dumb) setInterval(() => {}, 1000);
else server.listen(Number(values.port), "127.0.0.1");
console.error("loading weights");
