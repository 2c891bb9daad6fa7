/** Roman numerals from I to MMMCMXCIX, in their canonical spelling. */

const symbols = [
  ...([
    ["M", 1000],
    ["CM", 900],
    ["D", 500],
    ["CD", 400],
    ["C", 100],
    ["XC", 90],
  ] as const),
  ...([
    ["L", 50],
    ["XL", 40],
    ["X", 10],
    ["IX", 9],
    ["V", 5],
    ["IV", 4],
    ["I", 1],
  ] as const),
] as const;

export const largest = 3999;

/** Undefined if there is no such numeral. */
export const numeralOf = (value: number): string | undefined => {
  if (!Number.isInteger(value) || value < 1 || value > largest) return undefined;
  let left = value;
  return symbols
    .map(([symbol, worth]) => {
      const times = Math.floor(left / worth);
      left -= times * worth;
      return symbol.repeat(times);
    })
    .join("");
};

const values: ReadonlyMap<string, number> = new Map(
  Array.from({ length: largest }, (_, index) => [numeralOf(index + 1) ?? "", index + 1]),
);

/** Undefined for everything except canonical numerals: `IIII` is not one. */
export const worthOf = (numeral: string): number | undefined => values.get(numeral);
