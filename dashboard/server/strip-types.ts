/** Converts TypeScript for browsers: types become spaces, so lines and columns stay the same. */
import { stripTypeScriptTypes } from "node:module";

/** Suppresses Node's warning that type stripping is experimental. */
const withoutWarning = <T>(work: () => T): T => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
};

/** @throws SyntaxError if the source is invalid or has syntax that erasing cannot convert */
export const strippedTypes = (source: string): string =>
  withoutWarning(() => stripTypeScriptTypes(source, { mode: "strip" }));
