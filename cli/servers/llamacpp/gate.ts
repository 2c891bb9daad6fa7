/** Calls pass together. A change waits until the calls under way have ended, and goes alone: new calls wait for it. */
export class Gate {
  #inside = 0;
  #emptied = (): void => {};
  /** Never rejects. */
  #changing: Promise<void> | undefined;

  async pass<Result>(call: () => Promise<Result>): Promise<Result> {
    while (this.#changing) await this.#changing;
    this.#inside += 1;
    try {
      return await call();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#emptied();
    }
  }

  async alone<Result>(change: () => Promise<Result>): Promise<Result> {
    while (this.#changing) await this.#changing;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changing = promise;
    try {
      if (this.#inside > 0) await new Promise<void>((emptied) => (this.#emptied = emptied));
      return await change();
    } finally {
      this.#changing = undefined;
      resolve();
    }
  }
}
