/** Tables as CSV (RFC 4180). */

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A text that a spreadsheet would run as a formula gets a quote in front. */
const safe = (text: string): string => quoted(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

const cellText = (cell: string | number): string => (typeof cell === "number" ? String(cell) : safe(cell));

/** @param rows without the head */
export const csvOf = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  `${[head, ...rows].map((row) => row.map(cellText).join(",")).join("\r\n")}\r\n`;
