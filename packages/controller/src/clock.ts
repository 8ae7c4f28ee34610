import { BridgeError } from "@bridge/core";

/** The time that a controller goes by. Give another only to simulate one. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when somebody sets the clock. */
  now(): number;
  /** Milliseconds by a clock that nobody sets; only differences mean something. */
  monotonic(): number;
  /** Resolves after so many milliseconds. @throws BridgeError `aborted` as soon as the signal fires. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

// A timer above 2^31 ms fires at once.
const longestTimerMs = 2_147_483_647;

/** The clock of this computer. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  wait: (milliseconds, signal) => new Promise((resolve, reject) => {
    const aborted = () => new BridgeError("aborted", "the wait was ended");
    if (signal?.aborted === true) return void reject(aborted());
    const onAbort = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, Math.min(Math.max(0, milliseconds), longestTimerMs));
    signal?.addEventListener("abort", onAbort, { once: true });
  }),
};

/** Waits, and tells whether the whole time has passed; false when the signal has ended it. */
export async function waited(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.wait(milliseconds, signal);
    return true;
  } catch {
    // The only way in which a wait fails.
    return false;
  }
}
