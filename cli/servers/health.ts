/** Checks the health of a server, and which ports are free. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { keepAliveFetch } from "../../runtime/model/http.ts";

/** Time limit of one health check [ms]. */
const LOOK = 5_000;

/** `unhealthy`: it answers with a 5xx status. */
export type Health = "healthy" | "unhealthy" | "silent";

export const healthAt = async (url: string, signal?: AbortSignal): Promise<Health> => {
  const bound = AbortSignal.timeout(LOOK);
  try {
    const { status } = await keepAliveFetch(url, {
      signal: signal ? AbortSignal.any([bound, signal]) : bound,
    });
    return status === 200 ? "healthy" : "unhealthy";
  } catch {
    return "silent";
  }
};

/** Whether a server can listen on the port; the test listener is closed when the promise resolves. */
export const isFree = async (port: number): Promise<boolean> => {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    await new Promise((resolve) => probe.close(resolve));
    return true;
  } catch {
    return false;
  }
};

/** Below the ports that systems give to whoever asks for any: those that another program is given a moment later. */
const ownPorts = { first: 20_000, end: 32_000 } as const;

/** A port that was free a moment ago. @throws Error if a hundred drawn ones are taken */
export const freePort = async (): Promise<number> => {
  const { first, end } = ownPorts;
  for (let draws = 0; draws < 100; draws += 1) {
    const port = randomInt(first, end);
    if (await isFree(port)) return port;
  }
  throw new Error(`100 ports drawn between ${first} and ${end} are taken; end programs that listen there`);
};
