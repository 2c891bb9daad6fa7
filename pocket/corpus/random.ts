/** Seeded pseudo-random numbers (sfc32). The same seed gives the same corpus on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [low, high], inclusive. */
  integer(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** One of the keys, with odds proportional to the values. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key;
}

export const seededRandom = (seed: number): Random => {
  const uniform = sfc32(seed);
  const integer: Random["integer"] = (low, high) => low + Math.floor(uniform() * (high - low + 1));
  return {
    uniform,
    integer,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError("cannot pick from an empty list");
      return item;
    },
    weighted: (weights) => {
      const keys = Object.keys(weights) as (keyof typeof weights)[];
      let rest = uniform() * keys.reduce((sum, key) => sum + weights[key], 0);
      for (const key of keys) {
        rest -= weights[key];
        if (rest < 0) return key;
      }
      return lastOf(keys);
    },
  };
};

const lastOf = <Item>(items: readonly Item[]): Item => {
  const item = items.at(-1);
  if (item === undefined) throw new RangeError("cannot choose among no weights");
  return item;
};

const sfc32 = (seed: number): (() => number) => {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  return next;
};
