// What every process on the machine shows to every other, for `no-secret-in-the-ledger`.
import { readdirSync, readFileSync } from "node:fs";

/** Looks at the parameters of all processes again and again, until it is stopped. */
export class SeenParameters {
  readonly #seen = new Set<string>();
  readonly #timer = setInterval(() => this.look(), 20);

  look(): void {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        this.#seen.add(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
      } catch {
        // It has just ended.
      }
    }
  }

  stop(): readonly string[] {
    clearInterval(this.#timer);
    return [...this.#seen];
  }
}
