/** Response headers: the page runs only its own scripts, connects only to its own server and cannot be framed. */
import { createHash } from "node:crypto";

/** The import map is the page's only inline script; the policy allows it by its hash. */
export const importMapHashes = (html: string): string[] =>
  [...html.matchAll(/<script type="importmap">([\s\S]*?)<\/script>/g)].map(
    ([, content = ""]) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`,
  );

export const contentSecurityPolicy = (html: string): string =>
  [
    "default-src 'none'",
    ["script-src 'self'", ...importMapHashes(html)].join(" "),
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

export const commonHeaders: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};
