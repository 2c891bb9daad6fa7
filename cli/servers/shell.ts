/** Formats commands for a POSIX shell. */
import type { ServerCommand } from "./server-command.ts";

/** One word, quoted if it contains special characters of the shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The command line that starts the server by hand. Variables copied from our environment, such as keys, are shown by
 * name only.
 */
export const shellLine = ({ argv, environment, borrowed, folder }: ServerCommand): string => {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const copied = Object.entries(borrowed).map(([name, source]) => `${name}="$${source}"`);
  const line = [...set, ...copied, ...argv.map(quoted)].join(" ");
  return folder === undefined ? line : `(cd ${quoted(folder)} && ${line})`;
};
