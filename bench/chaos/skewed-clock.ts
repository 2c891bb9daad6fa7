/**
 * Loaded before the program (`--import`): its wall clock is wrong by what the file at AGORA_CHAOS_SKEW says [ms], and
 * jumps when that changes. Timers and `performance.now()` go on, as they do when a machine's clock is set.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = process.env.AGORA_CHAOS_SKEW;
/** Between two looks at the file [ms]. */
const pause = 100;
const RealDate = Date;
let skew = 0;

class SkewedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(SkewedDate.now());
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + skew;
  }
}

/** What it has seen is in a file beside it, unless another fault has filled the disk. */
const look = (path: string): void => {
  const found = Number(readFileSync(path, "utf8"));
  if (found === skew || !Number.isFinite(found)) return;
  skew = found;
  try {
    writeFileSync(`${path}.seen`, String(skew));
  } catch {
    // The program goes on: what it does on a full disk is under test.
  }
};

if (file !== undefined) {
  globalThis.Date = SkewedDate as DateConstructor;
  look(file);
  setInterval(look, pause, file).unref();
}
