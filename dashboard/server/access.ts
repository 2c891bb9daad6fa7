/**
 * Who may see the page.
 *
 * 1. On loopback only this machine can connect, and only under loopback's own names: a foreign name that has been
 *    made to point here (DNS rebinding) is refused.
 * 2. Beyond loopback a token is asked for. It is given once in the address; then a cookie that scripts cannot read,
 *    and that other sites' requests do not carry, stands for it.
 * 3. Requests that other sites make are refused: the page is for whoever opened it.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { Refusal } from "./refusal.ts";

const cookieName = "agora";

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** Compared in a time that says nothing about either text. */
const isSame = (left: string, right: string): boolean => {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
};

/** `[::1]:80` → `::1` */
const hostName = (host: string): string =>
  host.startsWith("[") ? host.slice(1, host.indexOf("]")) : (host.split(":")[0] ?? "");

/** Navigations may come from anywhere: whoever follows a link opens the page for themselves. */
const isForeign = (context: Context): boolean => {
  const origin = context.req.header("origin");
  const host = context.req.header("host") ?? "";
  if (origin !== undefined && origin !== `http://${host}`) return true;
  const site = context.req.header("sec-fetch-site") ?? "same-origin";
  const isNavigation = context.req.header("sec-fetch-mode") === "navigate";
  return !isNavigation && site !== "same-origin" && site !== "none";
};

/** Redirects would lose the cookie where another site's link led here; the page itself goes on. */
const welcome = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Agora</title>`;

export class Access {
  /** Undefined on loopback. */
  readonly token: string | undefined;
  readonly #session = randomBytes(24).toString("base64url");

  constructor(host: string) {
    this.token = isLoopback(host) ? undefined : randomBytes(24).toString("base64url");
  }

  readonly check: MiddlewareHandler = async (context, next) => {
    if (this.token === undefined && !isLoopback(hostName(context.req.header("host") ?? ""))) {
      throw new Refusal(
        "AGORA_PAGE_HOST",
        "this name is none of this machine's own; open the page at the address that was printed",
      );
    }
    if (isForeign(context)) {
      throw new Refusal("AGORA_PAGE_ORIGIN", "another site asked for this; open the page itself");
    }
    const given = context.req.query("token");
    if (this.token !== undefined && given !== undefined && isSame(given, this.token)) {
      setCookie(context, cookieName, this.#session, { httpOnly: true, sameSite: "Strict", path: "/" });
      return context.html(welcome);
    }
    if (this.token !== undefined && !isSame(getCookie(context, cookieName) ?? "", this.#session)) {
      throw new Refusal(
        "AGORA_PAGE_TOKEN",
        "a token is needed; open the page at the address that was printed",
      );
    }
    await next();
  };
}
