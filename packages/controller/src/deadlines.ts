import { type Clock, waited } from "./clock.ts";

/** The clock may be set: it is read again at least so often. */
const longestWaitMs = 3_600_000;

/** Calls at moments of the wall clock. One wait for all of them, begun anew at least hourly. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #calls = new Map<symbol, { readonly atMs: number; readonly call: () => void }>();
  #wait: { readonly untilMs: number; readonly ended: AbortController } | undefined;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has it called once when the clock has reached the moment; returns how to take that back. */
  at(atMs: number, call: () => void): () => void {
    const key = Symbol("deadline");
    this.#calls.set(key, { atMs, call });
    if (this.#wait === undefined || atMs < this.#wait.untilMs) this.#arm(atMs);
    return () => void this.#calls.delete(key);
  }

  /** No more calls. */
  stop(): void {
    this.#stopped = true;
    this.#wait?.ended.abort();
  }

  #arm(untilMs: number): void {
    this.#wait?.ended.abort();
    if (this.#stopped) return;
    const wait = { untilMs, ended: new AbortController() };
    this.#wait = wait;
    void this.#fireAfter(wait);
  }

  async #fireAfter({ untilMs, ended }: { readonly untilMs: number; readonly ended: AbortController }): Promise<void> {
    if (!(await waited(this.#clock, Math.max(0, Math.min(longestWaitMs, untilMs - this.#clock.now())), ended.signal))) return;
    const now = this.#clock.now();
    this.#wait = undefined;
    for (const [key, { atMs, call }] of this.#calls) {
      if (atMs > now) continue;
      this.#calls.delete(key);
      call();
    }
    // Not Math.min(...): a call takes no hundred thousand parameters.
    let next = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#calls.values()) next = Math.min(next, atMs);
    if (Number.isFinite(next)) this.#arm(next);
  }
}
