import { setTimeout as sleep } from "node:timers/promises";
import { type BridgeError, toBridgeError } from "@bridge/core";

const defaultWaitSeconds = 2;

/**
 * Repeats a call while it fails with what may pass, until a deadline.
 *
 * @throws what the last call threw: at the deadline, on abort, or when a repetition would not help.
 */
export async function persist<T>(call: () => Promise<T>, { untilMs, signal, onRetry }: {
  readonly untilMs: number; readonly signal?: AbortSignal; readonly onRetry: (error: BridgeError, seconds: number) => void;
}): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      const error = toBridgeError(thrown);
      const seconds = error.retryAfterSeconds ?? defaultWaitSeconds;
      if (!error.retryable || signal?.aborted || Date.now() + seconds * 1000 >= untilMs) throw error;
      onRetry(error, seconds);
      await sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal }).catch(() => { throw error; });
    }
  }
}
