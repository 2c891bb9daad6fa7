/** Where a prompt pack lies. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isPath } from "../../runtime/plugin/reference.ts";

const packs = fileURLToPath(new URL("../../prompts/", import.meta.url));

/** A pack's name, or the path of a folder. */
export const packFolder = (pack: string): string => (isPath(pack) ? resolve(pack) : join(packs, pack));
