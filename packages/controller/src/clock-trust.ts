import type { Scope } from "@bridge/core";
import type { Clock } from "./clock.ts";

/** Clocks that differ by more than this enforce no deadline. */
const longestSkewMs = 60_000;

/**
 * Whether deadlines may be enforced. Not in a scope whose platform says another time than this computer, by more than a
 * minute; and not after this computer's clock has jumped by as much, until the platforms were asked again.
 */
export class ClockTrust {
  readonly #clock: Clock;
  readonly #skewMs = new Map<Scope, number>();
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = this.#offset();
  }

  /** Takes in what a complete sweep over all platforms heard: their clocks minus ours, where they say. */
  note(skews: ReadonlyMap<Scope, number>): void {
    for (const [scope, skewMs] of skews) this.#skewMs.set(scope, skewMs);
    this.#offsetMs = this.#offset();
  }

  /** Milliseconds by which a scope's clock is ahead of ours, where it is too much. */
  skewOf(scope: Scope): number | undefined {
    const skewMs = this.#skewMs.get(scope) ?? 0;
    return Math.abs(skewMs) > longestSkewMs ? skewMs : undefined;
  }

  /** Whether no deadline is to be enforced in a scope now. */
  isFrozen(scope: Scope): boolean {
    return this.skewOf(scope) !== undefined || Math.abs(this.#offset() - this.#offsetMs) > longestSkewMs;
  }

  /** Changes only when somebody sets the clock, or the computer slept. */
  #offset(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }
}
