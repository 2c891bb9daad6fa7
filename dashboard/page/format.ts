/** Formats numbers and times for people. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const missing = "–";

export const count = (value: number | undefined | null): string =>
  value === undefined || value === null ? missing : whole.format(value);

/** A share in [0, 1]. */
export const percent = (share: number | undefined | null, digits = 0): string =>
  share === undefined || share === null || Number.isNaN(share)
    ? missing
    : `${(100 * share).toFixed(digits)}%`;

export const decimal = (value: number | undefined | null, digits = 2): string =>
  value === undefined || value === null || Number.isNaN(value) ? missing : value.toFixed(digits);

/** Rates below 10 have one decimal. */
export const rate = (value: number): string =>
  value >= 10 || value === 0 ? count(value) : decimal(value, 1);

/** Wall-clock time of an epoch time [ms]. */
export const timeOfDay = (at: number): string => clock.format(at);

/** A duration [s]. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Time since the start of the run, such as 3:07. */
export const sinceStart = (seconds: number): string => {
  const all = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), all % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
};

/** `wren@v2`; version 0 is the base model. */
export const versioned = (author: string, adapter: number): string =>
  adapter === 0 ? `${author} (base)` : `${author}@v${adapter}`;

export const plural = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
