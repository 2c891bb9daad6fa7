/** TypeScript as browsers read it: types become blanks, so that every line stays where it is. */
import { stripTypeScriptTypes } from "node:module";

/** Node warns once in a process that stripping is experimental: nobody who opens a page wants to know. */
const withoutWarning = <T>(work: () => T): T => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
};

/** @throws SyntaxError where the source is none, or needs more than erasing. */
export const strippedTypes = (source: string): string =>
  withoutWarning(() => stripTypeScriptTypes(source, { mode: "strip" }));
