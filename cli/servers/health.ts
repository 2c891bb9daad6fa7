/** Checks the health of a server, and which ports are free. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
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

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};
