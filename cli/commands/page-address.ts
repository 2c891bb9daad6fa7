/**
 * Where the page of a run is, for commands that act on it: a file in the run's folder while the page is served.
 * Beyond loopback it holds the page's token: only its owner can read it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const fileIn = (folder: string): string => join(folder, "page.json");

/** Returns the way to take it back. */
export const leaveAddress = (folder: string, url: string): (() => void) => {
  rmSync(fileIn(folder), { force: true });
  writeFileSync(fileIn(folder), `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 });
  return () => rmSync(fileIn(folder), { force: true });
};

export interface PageAddress {
  readonly origin: string;
  /** Undefined on loopback. */
  readonly token: string | undefined;
}

/** Undefined if no page is served, as far as the folder knows. */
export const addressIn = (folder: string): PageAddress | undefined => {
  try {
    const { url } = JSON.parse(readFileSync(fileIn(folder), "utf8")) as { readonly url: string };
    const { origin, searchParams } = new URL(url);
    return { origin, token: searchParams.get("token") ?? undefined };
  } catch {
    return undefined;
  }
};
