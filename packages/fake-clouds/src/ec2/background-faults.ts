import { createHash } from "node:crypto";
import type { FaultEffect } from "./call-faults.ts";

/** A fault that calls meet now and then, whatever else is tried; `heal` leaves it. */
export interface BackgroundFault {
  /** `RunInstances` */
  readonly actions: readonly string[];
  /** The part of the calls that meet it, between 0 and 1. */
  readonly share: number;
  readonly effect: FaultEffect;
}

/**
 * Chooses which calls meet a fault in the background: by seed, action and how many of that action there were, so that the same
 * seed and the same calls give the same faults. What the SDK sends again by itself meets none: these faults pass.
 */
export class BackgroundFaults {
  readonly #counts = new Map<string, number>();

  /** The effect on a call, if any. */
  choose({ faults, seed }: { readonly faults: readonly BackgroundFault[]; readonly seed: number }, action: string): FaultEffect | undefined {
    const fitting = faults.filter(({ actions }) => actions.includes(action));
    if (fitting.length === 0) return undefined;
    const count = (this.#counts.get(action) ?? 0) + 1;
    this.#counts.set(action, count);
    const lot = createHash("sha256").update(`${seed} ${action} ${count}`).digest().readUInt32BE() / 2 ** 32;
    let above = 0;
    return fitting.find(({ share }) => {
      above += share;
      return lot < above;
    })?.effect;
  }
}
