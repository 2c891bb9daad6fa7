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

/** A duration [s], rounded before it is split, so that no part reaches the next unit. */
export const duration = (seconds: number): string => {
  const milliseconds = Math.round(1000 * seconds);
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const tenths = Math.round(10 * seconds);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  const minutes = Math.floor(all / 60);
  return minutes < 60 ? `${minutes} min ${all % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
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
