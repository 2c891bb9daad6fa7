/** The safetensors format, float32 only: an 8-byte header length, a JSON header, then the data. */
import { z } from "zod";
import { EngineError } from "./errors.ts";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const size = z.int().nonnegative();
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
type HeaderEntry = z.infer<typeof headerEntry>;

const headerSchema = z.record(z.string(), z.unknown());

/** Throws `checkpoint-unreadable` if the file is not a safetensors file or contains another type than F32. */
export const parseSafetensors = (file: Uint8Array, source: string): Map<string, Tensor> => {
  const { header, dataStart } = readHeader(file, source);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const place = `${source}: ${name}`;
    tensors.set(name, readTensor(file, dataStart, entryOf(entry, place), place));
  }
  return tensors;
};

const readHeader = (
  file: Uint8Array,
  source: string,
): { header: Record<string, unknown>; dataStart: number } => {
  try {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const length = Number(view.getBigUint64(0, true));
    const text = new TextDecoder().decode(file.subarray(8, 8 + length));
    return { header: headerSchema.parse(JSON.parse(text)), dataStart: 8 + length };
  } catch (cause) {
    throw new EngineError("checkpoint-unreadable", `${source} is not a safetensors file.`, { cause });
  }
};

const entryOf = (entry: unknown, source: string): HeaderEntry => {
  const parsed = headerEntry.safeParse(entry);
  if (parsed.success) return parsed.data;
  throw new EngineError("checkpoint-unreadable", `${source} has no type, shape or place in the header`, {
    fix: "copy the file again",
  });
};

const readTensor = (file: Uint8Array, dataStart: number, entry: HeaderEntry, source: string): Tensor => {
  if (entry.dtype !== "F32") {
    throw new EngineError("checkpoint-unreadable", `${source} is ${entry.dtype}`, {
      fix: "save it as F32 (float32)",
    });
  }
  const [begin, end] = entry.data_offsets;
  const size = entry.shape.reduce((product, length) => product * length, 1);
  if (end - begin !== size * 4 || dataStart + end > file.byteLength) {
    throw new EngineError("checkpoint-unreadable", `${source} is cut short`, { fix: "copy the file again" });
  }
  const copy = new Uint8Array(file.subarray(dataStart + begin, dataStart + end));
  return { shape: entry.shape, data: new Float32Array(copy.buffer) };
};

/** The file's bytes; tensors are in the map's order. */
export const formatSafetensors = (tensors: ReadonlyMap<string, Tensor>): Uint8Array => {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = new TextEncoder().encode(text + " ".repeat((8 - (text.length % 8)) % 8));
  const file = new Uint8Array(8 + padded.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded.length), true);
  file.set(padded, 8);
  let position = 8 + padded.length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
};
