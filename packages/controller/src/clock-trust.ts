import type { ListedScope, Scope } from "@bridge/core";
import type { Clock } from "./clock.ts";

/** Clocks that differ by more than this enforce no deadline. */
const longestSkewMs = 60_000;
/** How long a scope that cannot be asked keeps deadlines from being enforced by a clock that nobody has confirmed. */
const patienceMs = 600_000;

/** What was last heard of a scope. */
interface Heard {
  /** The platform's clock minus ours; 0 where it does not say. */
  readonly skewMs: number;
  /** Our wall clock minus our monotonic one at that time; changes only when somebody sets the clock, or the computer slept. */
  readonly offsetMs: number;
}

/**
 * Whether deadlines may be enforced. Not in a scope whose platform says another time than this computer, by more than a
 * minute. And neither at the start nor after this computer's clock has jumped, until the platform was asked, or could not be
 * for ten minutes.
 */
export class ClockTrust {
  readonly #clock: Clock;
  readonly #heard = new Map<Scope, Heard>();
  /** Since when, by the monotonic clock, a scope's deadlines wait for it to be asked. */
  readonly #waitingSinceMs = new Map<Scope, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in what a listing said of a scope; nothing, if it is not complete. */
  note({ scope, complete, clockSkewMs: skewMs = 0 }: ListedScope): void {
    if (!complete) return;
    this.#heard.set(scope, { skewMs, offsetMs: this.#offsetMs() });
    this.#waitingSinceMs.delete(scope);
  }

  /** Milliseconds by which a scope's clock is ahead of ours, where it is too much. */
  skewOf(scope: Scope): number | undefined {
    const skewMs = this.#heard.get(scope)?.skewMs ?? 0;
    return Math.abs(skewMs) > longestSkewMs ? skewMs : undefined;
  }

  /** Whether no deadline is to be enforced in a scope now. */
  isFrozen(scope: Scope): boolean {
    const heard = this.#heard.get(scope);
    const isConfirmed = heard !== undefined && Math.abs(this.#offsetMs() - heard.offsetMs) <= longestSkewMs;
    if (isConfirmed) return this.skewOf(scope) !== undefined;
    const sinceMs = this.#waitingSinceMs.get(scope) ?? this.#clock.monotonic();
    this.#waitingSinceMs.set(scope, sinceMs);
    return this.#clock.monotonic() - sinceMs < patienceMs;
  }

  #offsetMs(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }
}
