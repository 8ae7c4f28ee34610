import type { Scope } from "@bridge/core";
import type { Clock } from "./clock.ts";

/** Clocks that differ by more than this enforce no deadline. */
const longestSkewMs = 60_000;
/** A clock that was set by more than this between question and answer makes the answer worthless. */
const longestStepMs = 1000;

/**
 * Whether deadlines may be enforced. Not in a scope whose platform says another time than this computer, by more than a
 * minute; not while nobody has asked it; and when this computer's clock is set, what the platform said still counts.
 */
export class ClockTrust {
  readonly #clock: Clock;
  readonly #heard = new Map<Scope, { readonly skewMs: number; readonly offsetMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** This computer's clock minus one that nobody sets: changes only when somebody sets the clock, or the computer slept. */
  get offsetMs(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }

  /**
   * Takes in what platforms said: their clocks minus ours; 0 for one that does not tell its time.
   *
   * @param offsetMs {@link ClockTrust.offsetMs} when they were asked
   */
  note(skews: ReadonlyMap<Scope, number>, offsetMs: number): void {
    const now = this.offsetMs;
    if (Math.abs(now - offsetMs) > longestStepMs) return;
    for (const [scope, skewMs] of skews) this.#heard.set(scope, { skewMs, offsetMs: now });
  }

  /** Milliseconds by which a scope's clock is ahead of ours now, where it is too much. */
  skewOf(scope: Scope): number | undefined {
    const heard = this.#heard.get(scope);
    if (heard === undefined) return undefined;
    const skewMs = heard.skewMs + heard.offsetMs - this.offsetMs;
    return Math.abs(skewMs) > longestSkewMs ? skewMs : undefined;
  }

  /** Whether no deadline is to be enforced in a scope now. */
  isFrozen(scope: Scope): boolean {
    return !this.#heard.has(scope) || this.skewOf(scope) !== undefined;
  }
}
