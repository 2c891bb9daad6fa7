/**
 * What a configuration names: something built in, by a word, or a module or folder of one's own, by its path.
 * `pocket` is a word; `./roman.ts`, `roman.ts` and `packs/roman` are paths.
 */
export const REFERENCE = /^(?:[A-Za-z0-9_-]{1,64}|.*[\\/].*|.*\.[cm]?[jt]s)$/;

export const isPath = (reference: string): boolean =>
  /[\\/]/.test(reference) || /\.[cm]?[jt]s$/.test(reference);
