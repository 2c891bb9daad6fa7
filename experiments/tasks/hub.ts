/**
 * Files of data sets on the Hugging Face hub, at a fixed revision.
 *
 * 1. A file is downloaded once; its SHA-256 is kept beside it, and a file that no longer fits is an error.
 * 2. What the hub says about its content (`X-Linked-ETag`) has to fit as well.
 * 3. The token goes to the hub only, not to the storage that it redirects to.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { TaskError } from "./error.ts";

export interface HubFile {
  /** Such as `openai/gsm8k`. */
  readonly dataset: string;
  /** A commit, so that the content never changes. */
  readonly revision: string;
  readonly path: string;
}

export interface Hub {
  /** Default: https://huggingface.co */
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
}

/** For one response [ms]. */
const timeout = 60_000;

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const failed = ({ dataset, path }: HubFile, file: string, what: string, cause?: unknown): TaskError =>
  new TaskError(`${path} of ${dataset} cannot be downloaded: ${what}`, {
    fix: `put the file at ${file}; if the data set is gated, accept its terms on the hub and set HF_TOKEN; or take it out of benchmarks`,
    cause,
  });

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

const download = async (wanted: HubFile, { endpoint, token }: Hub): Promise<Uint8Array> => {
  const { dataset, revision, path } = wanted;
  const url = `${endpoint ?? "https://huggingface.co"}/datasets/${dataset}/resolve/${revision}/${path}`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const first = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(timeout) });
  const place = first.headers.get("location");
  const response =
    isRedirect(first.status) && place !== null
      ? await fetch(new URL(place, url), { signal: AbortSignal.timeout(timeout) })
      : first;
  if (!response.ok) throw new Error(`the hub answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const promised = first.headers.get("x-linked-etag")?.replaceAll('"', "");
  if (promised !== undefined && /^[0-9a-f]{64}$/.test(promised) && promised !== digestOf(bytes))
    throw new Error("its content does not have the checksum that the hub names");
  return bytes;
};

/** First under another name: a download that breaks off leaves nothing. */
const keep = (file: string, bytes: Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, bytes);
  writeFileSync(`${file}.sha256`, `${digestOf(bytes)}\n`);
  renameSync(`${file}.part`, file);
};

const check = (file: string): void => {
  if (!existsSync(`${file}.sha256`)) return;
  if (readFileSync(`${file}.sha256`, "utf8").trim() === digestOf(readFileSync(file))) return;
  throw new TaskError(`${file} is not what was downloaded`, { fix: "delete it; it is downloaded again" });
};

/** Downloads the file if it is not there. @throws TaskError */
export const fetchOnce = async (wanted: HubFile, file: string, hub: Hub): Promise<void> => {
  if (existsSync(file)) return check(file);
  try {
    keep(file, await download(wanted, hub));
  } catch (cause) {
    throw failed(wanted, file, cause instanceof Error ? cause.message : String(cause), cause);
  }
};
