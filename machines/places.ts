/**
 * Places for children that come and go: each child is named after its place. XState keeps something of the name of every
 * child whose end it has met, so names are used again.
 */

/** What each place is taken by; undefined: it is free. */
export type Places = readonly (string | undefined)[];

export const isTaken = (places: Places, what: string): boolean => places.includes(what);

export const isAnyTaken = (places: Places): boolean => places.some((taken) => taken !== undefined);

/** In the first free place. */
export const withTaken = (places: Places, what: string): Places => {
  const free = places.indexOf(undefined);
  return free < 0 ? [...places, what] : places.with(free, what);
};

export const withFreed = (places: Places, what: string): Places =>
  places.map((taken) => (taken === what ? undefined : taken));

/** The name of the child in the place of `what`. */
export const childIn = (places: Places, what: string, kind: string): string =>
  `${kind} ${places.indexOf(what) + 1}`;
