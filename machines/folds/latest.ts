/**
 * Remembers the latest result of a pure function: one message makes a machine ask for the same thing in several guards
 * and actions. Arguments are compared by identity: what a machine holds is replaced and never changed.
 */
export const latest = <Arguments extends readonly unknown[], Result>(
  find: (...given: Arguments) => Result,
): ((...given: Arguments) => Result) => {
  let known: { readonly given: Arguments; readonly result: Result } | undefined;
  return (...given) => {
    if (known !== undefined && areSame(known.given, given)) return known.result;
    known = { given, result: find(...given) };
    return known.result;
  };
};

/** Without a closure: machines ask several times for each message. */
const areSame = (left: readonly unknown[], right: readonly unknown[]): boolean => {
  for (let place = 0; place < left.length; place += 1) if (left[place] !== right[place]) return false;
  return true;
};
