/** Compresses bodies with an encoding that the browser accepts, outside the run's thread. */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

export type Encoding = "br" | "gzip";

/** Smaller bodies fit into one packet and stay uncompressed [bytes]. */
const minimumSize = 1_024;

/** Ignores encodings with `q=0`, which the browser rejects. */
export const encodingFor = (accepted: string | undefined): Encoding | undefined => {
  const given = (accepted ?? "")
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim());
  const names = given.filter((entry) => !/;\s*q=0(\.0*)?$/.test(entry)).map((entry) => entry.split(";")[0]);
  return (["br", "gzip"] as const).find((encoding) => names.includes(encoding));
};

/** A window of 64 kB: setting up the default one, 4 MB, costs twenty times what it takes to compress the page's files. */
const windowBits = 16;

const quality = (level: number) => ({
  params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: windowBits },
});

export interface Encoded {
  readonly body: Buffer;
  readonly encoding: Encoding | undefined;
}

/** @param effort `once` for a cached body, `often` for a body that is compressed on every request */
export const encoded = async (
  body: Buffer,
  encoding: Encoding | undefined,
  effort: "once" | "often",
): Promise<Encoded> => {
  if (encoding === undefined || body.length < minimumSize) return { body, encoding: undefined };
  const compressed =
    encoding === "br"
      ? await brotli(body, quality(effort === "once" ? 9 : 3))
      : await zip(body, { level: effort === "once" ? 9 : 3 });
  return { body: compressed, encoding };
};
