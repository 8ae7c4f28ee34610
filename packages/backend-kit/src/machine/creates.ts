import { abortable, monotonicMs } from "../wait.ts";

/** What this process knows of its own create requests; a second look at the same attempt waits for the first. */
export class Creates {
  readonly #windowMs: number;
  readonly #running = new Map<string, Promise<void>>();
  readonly #sentMs = new Map<string, number>();
  /** How many were sent and not answered, by key. */
  readonly #unanswered = new Map<string, number>();

  /** @param windowMs how long after it was sent a create may still have its effect and show in lists */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Runs alone among all calls for the same attempt. Waiting ends at once with `aborted` when the signal fires. */
  async alone<T>(key: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    for (let before = this.#running.get(key); before !== undefined; before = this.#running.get(key)) await abortable(before, signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(key, promise);
    try {
      return await run();
    } finally {
      this.#running.delete(key);
      resolve();
    }
  }

  /** Notes that a create is being sent now. */
  noteSent(key: string): void {
    const now = monotonicMs();
    for (const [old, sentMs] of this.#sentMs) {
      if (now - sentMs < this.#windowMs) break;
      this.#sentMs.delete(old);
      this.#unanswered.delete(old);
    }
    this.#sentMs.delete(key);
    this.#sentMs.set(key, now);
    this.#unanswered.set(key, (this.#unanswered.get(key) ?? 0) + 1);
  }

  /** Notes that the platform has answered a create that was noted: it is not under way any more. */
  noteAnswered(key: string): void {
    const left = (this.#unanswered.get(key) ?? 0) - 1;
    if (left > 0) this.#unanswered.set(key, left);
    else this.#unanswered.delete(key);
  }

  /** Whether a create was sent that the platform has not answered. */
  isUnanswered(key: string): boolean {
    return this.#unanswered.has(key);
  }

  /** Until when, by the monotonic clock, a create of this process may still show; undefined when none was sent. */
  mayShowUntilMs(key: string): number | undefined {
    const sentMs = this.#sentMs.get(key);
    return sentMs === undefined ? undefined : sentMs + this.#windowMs;
  }
}
