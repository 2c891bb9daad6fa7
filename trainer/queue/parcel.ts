/** Packs an adapter folder into bytes and unpacks it; an unpacked folder appears only once it is complete. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Packr } from "msgpackr";
import { z } from "zod";
import { TrainingError } from "../../runtime/training.ts";
import { isFinished } from "../finished.ts";
import { sha256 } from "./queued-job.ts";

const packr = new Packr({ useRecords: false, moreTypes: true });

const fileName = /^\w[\w.-]{0,100}$/;

const parcelSchema = z.object({
  files: z.array(z.object({ name: z.string().regex(fileName), content: z.instanceof(Uint8Array) })).min(1),
});

export interface Parcel {
  readonly content: Uint8Array;
  readonly sha256: string;
}

/** The same files give the same bytes. Files of the system, such as `.DS_Store`, are left out: no adapter has such names. */
export const packFolder = (folder: string): Parcel => {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && fileName.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
  const files = names.map((name) => ({ name, content: readFileSync(join(folder, name)) }));
  const content = new Uint8Array(packr.pack({ files }));
  return { content, sha256: sha256(content) };
};

/** Replaces the rest of an adapter without its weights. @throws TrainingError `parcel-damaged` if the digest of the bytes differs. */
export const unpackFolder = ({ content, sha256: expected }: Parcel, folder: string): void => {
  const parsed = sha256(content) === expected ? parcelSchema.safeParse(read(content)) : undefined;
  if (!parsed?.success) {
    const problem = `the adapter for ${folder} was damaged in transfer: its SHA-256 differs from the sent one`;
    throw new TrainingError("parcel-damaged", problem, { permanent: false });
  }
  const partial = join(dirname(folder), `.${basename(folder)}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const { name, content: file } of parsed.data.files) writeFileSync(join(partial, name), file);
  if (!isFinished(folder)) rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
};

const read = (content: Uint8Array): unknown => {
  try {
    return packr.unpack(content);
  } catch {
    return undefined;
  }
};
