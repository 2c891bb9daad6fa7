/**
 * Where commands act on a run: a file in the run's folder while its page is served, or its door where it has no page.
 * It holds the token if one is needed: only its owner can read it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const fileIn = (folder: string): string => join(folder, "page.json");

/**
 * Returns the way to take it back. On a full disk there is no address: the page is served all the same.
 * @param onTrouble called with the reason then
 */
export const leaveAddress = (
  folder: string,
  url: string,
  onTrouble: (cause: unknown) => void,
): (() => void) => {
  const file = fileIn(folder);
  const takeBack = (): void => rmSync(file, { force: true });
  try {
    takeBack();
    writeFileSync(file, `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 });
    return takeBack;
  } catch (cause) {
    onTrouble(cause);
    return () => {};
  }
};

export interface PageAddress {
  readonly origin: string;
  /** Undefined where none is needed. */
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
