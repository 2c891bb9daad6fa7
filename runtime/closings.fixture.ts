/** What tests open, and when it is closed: after one test, or after all tests of a file that share it. */
import { afterAll, onTestFinished } from "vitest";

export interface Closer {
  /** Steps are called in reverse order. */
  add(step: () => unknown): void;
}

export class Closings implements Closer {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  readonly close = async (): Promise<void> => {
    for (const step of this.#steps.splice(0).reverse()) await step();
  };
}

/** Closes when the test that is running ends. */
export const afterTest: Closer = { add: (step) => onTestFinished(async () => void (await step())) };

/** Closes after the tests of the file, or of the `describe` that it is called in. */
export const afterTests = (patience = 60_000): Closer => {
  const closings = new Closings();
  afterAll(closings.close, patience);
  return closings;
};
