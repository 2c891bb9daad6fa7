/** One interpreter that has imported PyTorch, transformers and peft (tests/warm.py), for all workers of the tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers a request for the path of a Python's program with the path of its warm twin. */
    warmPythonAt: string;
  }
}

const warm = join(import.meta.dirname, "tests/warm.py");

/** The path of a program that is called like `python` itself, and runs in a fork of one process. */
const startWarm = async (python: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-warm-"));
  const [socket, program] = [join(folder, "socket"), join(folder, "python")];
  writeFileSync(program, `#!/bin/sh\nexec "${python}" -I -S "${warm}" run "${socket}" "$@"\n`, {
    mode: 0o755,
  });
  const server = spawn(python, [warm, "serve", socket], {
    stdio: ["pipe", "pipe", "inherit"],
    // Read when packages are imported: a fork cannot change them.
    env: { ...process.env, OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1" },
  });
  const ended = once(server, "exit").then(([status]) => {
    throw new Error(`${python} ended with status ${status} while it imported PyTorch`);
  });
  await Promise.race([once(server.stdout, "data"), ended]);
  // Its stdin ends with this process, and then it ends too.
  for (const handle of [server, server.stdin, server.stdout])
    (handle as unknown as { unref(): void }).unref();
  ended.catch(() => {});
  return program;
};

/** It is started when the first test asks for it. */
export default async (project: TestProject): Promise<() => void> => {
  let started: Promise<string> | undefined;
  const server = createServer(({ url = "" }, response) => {
    started ??= startWarm(decodeURIComponent(url.slice(1)));
    started.then(
      (program) => response.end(program),
      (cause: unknown) => response.writeHead(500).end(String(cause)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  project.provide("warmPythonAt", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
};
