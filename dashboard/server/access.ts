/**
 * Controls access to the page.
 *
 * 1. On loopback only this machine can connect, and only with a loopback host name. Any other name (DNS rebinding) is
 *    rejected.
 * 2. On any other address, and for a run without a page, a token is needed. The token is sent once in the address; afterwards a cookie replaces
 *    it, which scripts cannot read and other sites' requests do not carry. Programs send it as a bearer token.
 * 3. Requests from other sites are rejected. A navigation may come from anywhere, but only to look.
 * 4. Beyond loopback each address has a limited rate of requests, with and without the token.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { Rate } from "./rate.ts";
import { Refusal } from "./refusal.ts";

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares in constant time. */
const isSame = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right));

/** Each server has its own: a browser sends cookies to all ports of a host. The token cannot be read from it. */
const cookieNameOf = (token: string): string => `agora-${digest(token).toString("hex", 0, 4)}`;

const cookieOptions = { httpOnly: true, sameSite: "Strict", path: "/" } as const;

/** `[::1]:80` → `::1` */
const hostName = (host: string): string =>
  host.startsWith("[") ? host.slice(1, host.indexOf("]")) : (host.split(":")[0] ?? "");

/** A navigation is allowed from any site, because it only opens the page for the reader. */
const isForeign = (context: Context): boolean => {
  const origin = context.req.header("origin");
  const host = context.req.header("host") ?? "";
  if (origin !== undefined && origin !== `http://${host}`) return true;
  const site = context.req.header("sec-fetch-site") ?? "same-origin";
  const isNavigation = context.req.method === "GET" && context.req.header("sec-fetch-mode") === "navigate";
  return !isNavigation && site !== "same-origin" && site !== "none";
};

/** After a link from another site a redirect would lose the cookie, so this page forwards the browser. */
const welcome = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Agora</title>`;

/** The peer's address; behind a proxy that of the proxy. */
const addressOf = (context: Context): string => {
  const { incoming } = context.env as { readonly incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress ?? "";
};

/** Programs have no cookies; they send the token with every request. */
const bearerOf = (context: Context): string =>
  /^Bearer (\S+)$/.exec(context.req.header("authorization") ?? "")?.[1] ?? "";

const openPrinted = { fix: "open the page at the address that was printed" };

export class Access {
  /** Undefined where none is needed. */
  readonly token: string | undefined;
  readonly #rate = new Rate({ burst: 300, perSecond: 50 });
  readonly #session = randomBytes(24).toString("base64url");

  /** @param needsToken also on loopback */
  constructor(host: string, needsToken = !isLoopback(host)) {
    this.token = !needsToken ? undefined : randomBytes(24).toString("base64url");
  }

  readonly check: MiddlewareHandler = async (context, next) => {
    if (this.token !== undefined && !this.#rate.admit(addressOf(context))) {
      throw new Refusal("AGORA_PAGE_RATE", "too many requests from this address", { fix: "wait a second" });
    }
    if (this.token === undefined && !isLoopback(hostName(context.req.header("host") ?? ""))) {
      throw new Refusal("AGORA_PAGE_HOST", "this host name is not a loopback name", openPrinted);
    }
    if (isForeign(context)) {
      throw new Refusal("AGORA_PAGE_ORIGIN", "the request comes from another site", {
        fix: "open the page itself",
      });
    }
    const given = context.req.query("token");
    if (this.token !== undefined && given !== undefined && isSame(given, this.token)) {
      setCookie(context, cookieNameOf(given), this.#session, cookieOptions);
      return context.html(welcome);
    }
    if (this.token !== undefined && !this.#isKnown(context, this.token)) {
      throw new Refusal("AGORA_PAGE_TOKEN", "this page needs a token", openPrinted);
    }
    await next();
  };

  #isKnown(context: Context, token: string): boolean {
    const session = getCookie(context, cookieNameOf(token)) ?? "";
    return isSame(session, this.#session) || isSame(bearerOf(context), token);
  }
}
