/** Where a prompt pack lies. */
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packs = fileURLToPath(new URL("../../prompts/", import.meta.url));

/** A pack's name, or the path of a folder. */
export const packFolder = (pack: string): string =>
  /[\\/]/.test(pack) || isAbsolute(pack) ? resolve(pack) : join(packs, pack);
