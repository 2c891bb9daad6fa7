/** The figures and tables of a report in its folder, where files of others may lie beside them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

/** Lists them, so that the next report removes what it does not write again, and nothing else. */
const listName = "report-files.json";

const list = z.array(z.string().regex(/^(figures|data)\/[^/\\]+\.(svg|csv|parquet)$/));

const earlierFiles = (folder: string): string[] => {
  try {
    return list.parse(JSON.parse(readFileSync(join(folder, listName), "utf8")));
  } catch {
    return [];
  }
};

/** `files`: content by path in the folder. */
export const writeReportFiles = (folder: string, files: ReadonlyMap<string, string | Uint8Array>): void => {
  for (const file of earlierFiles(folder)) rmSync(join(folder, file), { force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, listName), `${JSON.stringify([...files.keys()], null, 2)}\n`);
  for (const [file, content] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
};
