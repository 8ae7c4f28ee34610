import { BridgeError } from "@bridge/core";

/** Those who wait for grants to change. */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Wakes all who wait for a grant. */
  wake(requestKey: string): void {
    for (const wake of this.#waiting.get(requestKey) ?? []) wake();
  }

  /** Looks at once and after every change until there is an answer. @throws BridgeError `aborted` when the signal fires, whatever becomes of the grant. */
  async until<T>(requestKey: string, look: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = this.#waiting.get(requestKey) ?? new Set();
      const wake = () => resolve();
      this.#waiting.set(requestKey, waiting.add(wake));
      signal.addEventListener("abort", wake, { once: true });
      try {
        const answer = await look();
        if (answer !== undefined) return answer;
        if (signal.aborted) throw new BridgeError("aborted", "the wait was ended; the grant goes on");
        await promise;
      } finally {
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(requestKey);
        signal.removeEventListener("abort", wake);
      }
    }
  }
}
