/** Whether a server can take calls, and whether its port is free. */
import { once } from "node:events";
import { createServer } from "node:net";
import { keepAliveFetch } from "../../runtime/model/http.ts";

/** Bound of one look [ms]. */
const LOOK = 5_000;

/** `ill`: it answers, but says that it cannot serve (5xx). */
export type Health = "well" | "ill" | "silent";

export const healthAt = async (url: string, signal?: AbortSignal): Promise<Health> => {
  const bound = AbortSignal.timeout(LOOK);
  try {
    const { status } = await keepAliveFetch(url, {
      signal: signal ? AbortSignal.any([bound, signal]) : bound,
    });
    return status === 200 ? "well" : "ill";
  } catch {
    return "silent";
  }
};

/** Whether this machine's port can be listened on; it is free again when the promise resolves. */
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
