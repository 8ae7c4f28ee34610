import { createHash } from "node:crypto";
import type { FaultEffect } from "./call-faults.ts";

/** A fault that calls meet now and then, whatever else is tried; `heal` leaves it. */
export interface BackgroundFault {
  /** `RunInstances` */
  readonly actions: readonly string[];
  /** The part of the calls that meet it, between 0 and 1. */
  readonly share: number;
  readonly effect: FaultEffect;
  /** Whether what the SDK sends again by itself meets it, too, so that it comes through to whoever called. Default false: it passes. */
  readonly persists?: boolean;
}

/** A call, as far as the choice depends on it. */
export interface ChosenCall {
  readonly action: string;
  /** The SDK's own; the same on its retries. */
  readonly invocationId: string | undefined;
  /** It was sent again by the SDK itself. */
  readonly isRetry: boolean;
}

/**
 * Chooses which calls meet a fault in the background: by seed, action and how many of that action there were, so that the same
 * seed and the same calls give the same faults.
 */
export class BackgroundFaults {
  readonly #counts = new Map<string, number>();
  readonly #persisting = new Map<string, FaultEffect>();

  /** The effect on a call, if any. */
  choose({ faults, seed }: { readonly faults: readonly BackgroundFault[]; readonly seed: number }, { action, invocationId = "", isRetry }: ChosenCall): FaultEffect | undefined {
    if (isRetry) return this.#persisting.get(invocationId);
    const fitting = faults.filter(({ actions }) => actions.includes(action));
    if (fitting.length === 0) return undefined;
    const count = (this.#counts.get(action) ?? 0) + 1;
    this.#counts.set(action, count);
    const lot = createHash("sha256").update(`${seed} ${action} ${count}`).digest().readUInt32BE() / 2 ** 32;
    let above = 0;
    const met = fitting.find(({ share }) => {
      above += share;
      return lot < above;
    });
    if (met?.persists === true && invocationId !== "") this.#persisting.set(invocationId, met.effect);
    return met?.effect;
  }
}
