/** Words of commands that people paste into a shell. */

/** One word, quoted if it contains special characters of the shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
