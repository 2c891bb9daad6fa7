/** What a suite has opened and must close again, the newest first. */
export class Closings {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  readonly close = async (): Promise<void> => {
    for (const step of this.#steps.splice(0).reverse()) await step();
  };
}
