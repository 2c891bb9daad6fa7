/** Deterministic pseudo-random draws: the same words give the same draw, on every machine and after every restart. */

/** FNV-1a over a text, on from an earlier state. */
const absorbed = (state: number, text: string): number => {
  let hash = state;
  for (let index = 0; index < text.length; index += 1) {
    let point = text.charCodeAt(index);
    if (point >= 0xd800 && point < 0xdc00) point = text.codePointAt(index) ?? point;
    if (point > 0xffff) index += 1;
    hash = Math.imul(hash ^ point, 0x01000193);
  }
  return hash;
};

/** A final avalanche step, so that similar texts give unrelated numbers. */
const finished = (state: number): number => {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

type Words = readonly (string | number)[];

const separator = "\u0000";
const start = 0x811c9dc5;

/** The words one after another, with a separator between them. */
const absorbedAll = (words: Words): number => {
  let state = start;
  for (let place = 0; place < words.length; place += 1) {
    if (place > 0) state = absorbed(state, separator);
    state = absorbed(state, String(words[place]));
  }
  return state;
};

export const hashOf = (...words: Words): number => finished(absorbedAll(words));

/** `hashOf` of these words and one more, for many last words. */
export const hashesAfter = (...words: Words): ((last: string) => number) => {
  const state = absorbedAll([...words, ""]);
  return (last) => finished(absorbed(state, last));
};

/** Uniform in [0, 1). */
export const chanceOf = (...words: Words): number => hashOf(...words) / 2 ** 32;

/** Standard normal, by Box and Muller. */
export const normalOf = (...words: Words): number =>
  Math.sqrt(-2 * Math.log(1 - chanceOf("radius", ...words))) *
  Math.cos(2 * Math.PI * chanceOf("angle", ...words));

/** One of the candidates, uniformly. */
export const pickOne = <T>(candidates: readonly T[], ...words: Words): T | undefined =>
  candidates[Math.floor(chanceOf(...words) * candidates.length)];
