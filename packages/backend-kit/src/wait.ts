import { BridgeError } from "@bridge/core/backend";

/** A clock that nobody sets, in milliseconds; for durations. Moments come from `services.now()`. */
export const monotonicMs = (): number => performance.now();

const aborted = (): BridgeError => new BridgeError("aborted", "the caller ended the call");

/** @throws BridgeError `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted();
}

/** The promise's answer, or `aborted` as soon as the signal fires; the promise itself is left to finish unheard. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(aborted());
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits; ends at once with `aborted` when the signal fires. */
export async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  try {
    await abortable(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a call that must settle within a time; its signal fires when the time is over or the outer signal fires.
 *
 * @throws BridgeError `timeout`, without an outcome; `aborted`.
 */
export async function within<T>(seconds: number, what: string, call: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
  const inner = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new BridgeError("timeout", `${what} did not settle within ${seconds} s`)), seconds * 1000);
  try {
    return await abortable(Promise.race([call(inner.signal), late]), outer);
  } finally {
    clearTimeout(timer);
    inner.abort();
  }
}
