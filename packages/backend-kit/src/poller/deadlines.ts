/** Longer timers are cut: a clock may be set, and a timer above 2^31 ms fires at once. */
const longestTimerMs = 3_600_000;

/** Something that waits for a moment of the wall clock. */
export interface Deadline {
  /** Milliseconds since the Unix epoch. */
  readonly deadlineMs: number;
  reachDeadline(): void;
}

/** Calls at moments of the wall clock. One timer for all, set again at least hourly, when the clock is read anew. */
export class Deadlines {
  readonly #now: () => number;
  readonly #waiting = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Has it called once, when the clock has reached its moment. */
  add(deadline: Deadline): void {
    this.#waiting.add(deadline);
    if (deadline.deadlineMs < this.#timerAtMs) this.#arm(deadline.deadlineMs);
  }

  /** Forgets it. */
  delete(deadline: Deadline): void {
    this.#waiting.delete(deadline);
    if (this.#waiting.size === 0) this.#disarm();
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
    for (const deadline of [...this.#waiting]) {
      if (deadline.deadlineMs <= now) {
        this.#waiting.delete(deadline);
        deadline.reachDeadline();
      } else next = Math.min(next, deadline.deadlineMs);
    }
    if (this.#waiting.size > 0) this.#arm(Math.min(next, this.#timerAtMs));
  }
}
