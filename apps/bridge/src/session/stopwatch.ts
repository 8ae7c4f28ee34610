/** How long the steps of a command took, in their order, also those that failed. */
export class Stopwatch {
  readonly #started = performance.now();
  readonly #steps: { readonly step: string; readonly seconds: number }[] = [];

  async time<T>(step: string, call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await call();
    } finally {
      this.#steps.push({ step, seconds: (performance.now() - started) / 1000 });
    }
  }

  get steps(): readonly { readonly step: string; readonly seconds: number }[] {
    return this.#steps;
  }

  get totalSeconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
