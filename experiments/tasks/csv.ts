/** Comma-separated values (RFC 4180): quoted fields may hold commas, line ends and doubled quotes. */

/** Rows as objects by the names in the first line. Missing fields are empty. */
export const readCsv = (text: string): Record<string, string>[] => {
  const [names = [], ...rows] = fieldsOf(text.replace(/^\uFEFF/, ""));
  return rows
    .filter((row) => row.some((field) => field !== ""))
    .map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ""])));
};

const token = /"((?:[^"]|"")*)"|[^",\r\n]+|,|\r\n|\r|\n/g;

const fieldsOf = (text: string): string[][] => {
  const rows: string[][] = [[""]];
  for (const [found, quoted] of text.matchAll(token)) {
    const row = rows.at(-1) ?? [];
    if (found === ",") row.push("");
    else if (/^[\r\n]/.test(found)) rows.push([""]);
    else row.push((row.pop() ?? "") + (quoted?.replaceAll('""', '"') ?? found));
  }
  return rows;
};
