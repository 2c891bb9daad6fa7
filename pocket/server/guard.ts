/**
 * Who may use the server, and which folders it reads adapters from.
 *
 * 1. On loopback only this machine can connect, and only by a loopback name: a web page whose name leads to this machine
 *    (DNS rebinding) is refused.
 * 2. On any other address clients show a key.
 * 3. Adapters lie within the configured folders, also after their links are followed.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { realpath } from "node:fs/promises";
import { isIP } from "node:net";
import { isAbsolute, relative, sep } from "node:path";
import type { MiddlewareHandler } from "hono";
import { RequestError } from "./errors.ts";

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** Compares in constant time. */
const isSame = (left: string, right: string): boolean => {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
};

const foreignName = (name: string): RequestError =>
  new RequestError(403, "host_refused", `The server is not called '${name}'`, null, {
    fix: "use the address that it printed",
  });

const keyMissing = (): RequestError =>
  new RequestError(401, "invalid_api_key", "The request has no valid key", null, {
    fix: "send the header 'Authorization: Bearer <key>'",
  });

/** `key`: that of the clients; undefined on loopback. */
export const guard =
  (key: string | undefined): MiddlewareHandler =>
  async ({ req }, next) => {
    if (key === undefined) {
      const name = new URL(req.url).hostname;
      if (!isLoopback(name)) throw foreignName(name);
    } else if (!isSame(req.header("authorization") ?? "", `Bearer ${key}`)) throw keyMissing();
    await next();
  };

const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** A path that does not exist is left to whoever reads it. @throws RequestError 403 */
export const requireWithin = async (folders: readonly string[], path: string): Promise<void> => {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return;
  const allowed = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  if (allowed.some((folder) => folder !== undefined && isWithin(folder, real))) return;
  throw new RequestError(403, "folder_refused", `'${path}' is not in a folder of adapters`, "lora_path", {
    expected: `a folder within ${folders.join(", ") || "none"}`,
  });
};
