/** Prints the results of a benchmark: one JSON line per result on stdout, everything else on stderr. */

type Figure = string | number | boolean | null | readonly Figure[] | { readonly [name: string]: Figure };

/** Rounds to four significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

export const printResult = (bench: string, figures: Readonly<Record<string, Figure>>): void => {
  process.stdout.write(`${JSON.stringify({ bench, ...figures })}\n`);
};

export const printNote = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
