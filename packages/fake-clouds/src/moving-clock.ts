interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

const longestTimerMs = 3_600_000;

/** A clock that runs and can be moved on; what was planned on it happens at its moment, also when the clock jumps over it. */
export class MovingClock {
  #movedMs = 0;
  /** The moment that a task sees while the clock jumps over it. */
  #jumpingMs: number | undefined;
  readonly #tasks = new Set<Task>();
  #timer: NodeJS.Timeout | undefined;

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#jumpingMs ?? Date.now() + this.#movedMs;
  }

  /** By how much the clock was moved against the computer's, in milliseconds. */
  get movedMs(): number {
    return this.#movedMs;
  }

  /** Moves the clock on; everything planned for the time in between happens now, in order. */
  advance(seconds: number): void {
    const fromMs = this.now();
    const untilMs = fromMs + seconds * 1000;
    try {
      for (let task = this.#next(untilMs); task !== undefined; task = this.#next(untilMs)) {
        this.#jumpingMs = Math.max(task.atMs, this.#jumpingMs ?? fromMs);
        this.#run(task);
      }
    } finally {
      this.#jumpingMs = undefined;
      this.#movedMs += seconds * 1000;
      this.#arm();
    }
  }

  /** Plans something; the answer takes it back. */
  at(ms: number, run: () => void): () => void {
    const task = { atMs: ms, run };
    this.#tasks.add(task);
    this.#arm();
    return () => void this.#tasks.delete(task);
  }

  /** Plans something in so many seconds; the answer takes it back. */
  after(seconds: number, run: () => void): () => void {
    return this.at(this.now() + seconds * 1000, run);
  }

  /** Resolves in so many seconds of this clock; never once it was stopped. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(seconds, resolve));
  }

  /** Forgets everything that was planned. */
  stop(): void {
    this.#tasks.clear();
    clearTimeout(this.#timer);
  }

  #next(untilMs: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) if (task.atMs <= untilMs && (next === undefined || task.atMs < next.atMs)) next = task;
    return next;
  }

  #run(task: Task): void {
    this.#tasks.delete(task);
    task.run();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#next(Number.POSITIVE_INFINITY);
    if (next === undefined) return;
    const delayMs = Math.min(longestTimerMs, Math.max(0, Math.ceil(next.atMs - this.now())));
    this.#timer = setTimeout(() => {
      for (let task = this.#next(this.now()); task !== undefined; task = this.#next(this.now())) this.#run(task);
      this.#arm();
    }, delayMs);
    this.#timer.unref();
  }
}
