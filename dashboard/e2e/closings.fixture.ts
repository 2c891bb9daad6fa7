/** Close functions of a test suite, called in reverse order. */
export class Closings {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  readonly close = async (): Promise<void> => {
    for (const step of this.#steps.splice(0).reverse()) await step();
  };
}
