/** One Ctrl-C can arrive twice: from the terminal, and passed on by the process that started us. */
const sameGestureMs = 500;

/**
 * Turns the first Ctrl-C, SIGTERM, hang-up or broken pipe into an abort, so that what was made can be ended before the
 * process leaves. Later ones go to `onRepeat`. Listens from construction until it is disposed.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  #lastMs = 0;
  /** Called for the second time and later; says what may be left. */
  onRepeat: (() => void) | undefined;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, this.#receive);
    process.stdout.on("error", this.#receive);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether there was one. */
  get happened(): boolean {
    return this.#controller.signal.aborted;
  }

  dispose(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, this.#receive);
    process.stdout.off("error", this.#receive);
  }

  readonly #receive = (): void => {
    const now = performance.now();
    if (!this.happened) this.#controller.abort();
    else if (now - this.#lastMs > sameGestureMs) this.onRepeat?.();
    this.#lastMs = now;
  };
}
