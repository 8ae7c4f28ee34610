import { BridgeError } from "../errors/bridge-error.ts";

/** The clock of a {@link MemoryPlatform}. */
export interface MemoryClock {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Resolves when the clock has reached the moment or `early` resolves. @throws BridgeError `aborted` as soon as the signal fires. */
  waitUntil(ms: number, options?: { readonly signal?: AbortSignal | undefined; readonly early?: Promise<unknown> }): Promise<void>;
}

/** @throws BridgeError `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new BridgeError("aborted", "the caller ended the call");
}

/** Waits for whichever comes first; `begin` starts a wait and returns how to end it. */
async function firstOf(begin: (done: () => void) => () => void, { signal, early }: { readonly signal?: AbortSignal | undefined; readonly early?: Promise<unknown> }): Promise<void> {
  throwIfAborted(signal);
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  const end = begin(resolve);
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.race([promise, early].filter((waited) => waited !== undefined));
  } finally {
    end();
    signal?.removeEventListener("abort", onAbort);
  }
  throwIfAborted(signal);
}

// A timer above 2^31 ms fires at once.
const longestTimerMs = 2_147_483_647;

/** The clock of this computer. A timer runs only while somebody waits. */
export const systemClock: MemoryClock = {
  now: () => Date.now(),
  waitUntil: (ms, options = {}) => firstOf((done) => {
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      const leftMs = ms - Date.now();
      if (leftMs <= 0) done();
      else timer = setTimeout(arm, Math.min(leftMs, longestTimerMs));
    };
    arm();
    return () => clearTimeout(timer);
  }, options),
};

/** A clock that stands still until somebody moves it. */
export class MovableClock implements MemoryClock {
  #nowMs: number;
  readonly #waiting = new Set<{ readonly ms: number; readonly done: () => void }>();
  readonly now = (): number => this.#nowMs;

  /** @param startMs the first moment, in milliseconds since the Unix epoch */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  async waitUntil(ms: number, options: Parameters<MemoryClock["waitUntil"]>[1] = {}): Promise<void> {
    await firstOf((done) => {
      const waiter = { ms, done };
      if (ms <= this.#nowMs) done();
      else this.#waiting.add(waiter);
      return () => this.#waiting.delete(waiter);
    }, options);
  }

  /** Moves on, stopping at every moment that somebody waits for, so that all happens in its order. */
  async advance(seconds: number): Promise<void> {
    const untilMs = this.#nowMs + seconds * 1000;
    for (;;) {
      await letOthersRun();
      const next = [...this.#waiting].sort((a, b) => a.ms - b.ms)[0];
      if (next === undefined || next.ms > untilMs) break;
      this.#nowMs = next.ms;
      this.#waiting.delete(next);
      next.done();
    }
    this.#nowMs = untilMs;
    await letOthersRun();
  }
}

const letOthersRun = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
