/** Commands as a POSIX shell reads them. */
import type { ServerCommand } from "./server-command.ts";

/** One word, quoted where the shell would see more in it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The line that starts the server by hand. What is copied from our environment, such as a key, is named and
 * never shown.
 */
export const shellLine = ({ argv, environment, borrowed, folder }: ServerCommand): string => {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const copied = Object.entries(borrowed).map(([name, source]) => `${name}="$${source}"`);
  const line = [...set, ...copied, ...argv.map(quoted)].join(" ");
  return folder === undefined ? line : `(cd ${quoted(folder)} && ${line})`;
};
