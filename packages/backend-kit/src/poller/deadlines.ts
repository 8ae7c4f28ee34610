/** Longer timers are cut: a clock may be set, and a timer above 2^31 ms fires at once. */
const longestTimerMs = 3_600_000;

interface Entry {
  readonly atMs: number;
  readonly onReached: () => void;
}

/** Calls back at moments of the wall clock. One timer for all, set again at least hourly, when the clock is read anew. */
export class Deadlines {
  readonly #now: () => number;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Calls once when the clock has reached `atMs`; returns how to forget it. */
  add(atMs: number, onReached: () => void): () => void {
    const entry = { atMs, onReached };
    this.#entries.add(entry);
    if (atMs < this.#timerAtMs) this.#arm(atMs);
    return () => {
      this.#entries.delete(entry);
      if (this.#entries.size === 0) this.#disarm();
    };
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(atMs: number): void {
    this.#disarm();
    const delayMs = Math.min(longestTimerMs, Math.max(0, atMs - this.#now()));
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#fire(), delayMs);
  }

  #fire(): void {
    this.#disarm();
    const now = this.#now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#entries]) {
      if (entry.atMs <= now) {
        this.#entries.delete(entry);
        entry.onReached();
      } else next = Math.min(next, entry.atMs);
    }
    if (this.#entries.size > 0) this.#arm(Math.min(next, this.#timerAtMs));
  }
}
