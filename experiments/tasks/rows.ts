/** Rows of a data file by its ending: `.jsonl`, `.parquet` or `.csv`. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { readCsv } from "./csv.ts";
import { TaskError } from "./error.ts";

/** One row with its place in the file, such as `line 3`. */
export interface Row {
  readonly place: string;
  /** Undefined if it cannot be parsed. */
  readonly value: unknown;
}

export const rowForm =
  '{"question": …, "answer": …} (or MATH\'s problem and solution, GSM8K\'s #### answers, or GPQA\'s columns)';

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const jsonLines = (text: string): Row[] =>
  text
    .split("\n")
    .map((line, index) => ({ place: `line ${index + 1}`, line }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ place, line }) => ({ place, value: parsed(line) }));

const numbered = (values: readonly unknown[]): Row[] =>
  values.map((value, index) => ({ place: `row ${index + 1}`, value }));

/** The reader is loaded only for a file that needs it. */
const parquetRows = async (bytes: Uint8Array): Promise<Row[]> => {
  const { parquetReadObjects } = await import("hyparquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return numbered(await parquetReadObjects({ file }));
};

const bytesOf = (key: string, file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new TaskError(`${key}: ${file} cannot be read`, {
      expected: `JSON Lines, Parquet or CSV, each row ${rowForm}`,
      fix: "put it there, for example from the sources that experiments/configs/1b.yaml names, or correct the path",
      cause,
    });
  }
};

/** @throws TaskError that names the configuration's key and the file. */
export const readRows = async (key: string, file: string): Promise<Row[]> => {
  const bytes = bytesOf(key, file);
  const ending = extname(file).toLowerCase();
  if (ending === ".csv") return numbered(readCsv(bytes.toString("utf8")));
  if (ending !== ".parquet") return jsonLines(bytes.toString("utf8"));
  try {
    return await parquetRows(bytes);
  } catch (cause) {
    throw new TaskError(`${key}: ${file} is no Parquet file`, { fix: "download it again", cause });
  }
};
