import type { Random } from "./random.ts";

/** What can go wrong, closed: each is counted. */
export const faultKinds = [
  "create request lost", "create answer lost", "create delivered twice", "create slow", "create refused: capacity", "create refused: unauthorized", "create refused: throttled", "create hangs",
  "start request lost", "start answer lost", "start hangs", "boot slow", "boot never",
  "destroy request lost", "destroy answer lost", "destroy refused", "destroy slow", "destroy hangs",
  "list stale", "list incomplete", "list fails", "list answer lost", "list hangs", "list shows twice",
  "choose fails", "choose hangs", "hook called twice", "watch fails", "reading repeated",
  "ledger refuses",
] as const;

/** One of {@link faultKinds}. */
export type FaultKind = (typeof faultKinds)[number];

const rates = [0.02, 0.05, 0.15, 0.4] as const;
/** Shares of the kinds that can strike in one history. */
const shares = [0, 0.1, 0.2, 0.4, 0.8] as const;

/** Draws which faults strike. In each history another choice of kinds, each at a rate of its own, until all is healed. */
export class Faults {
  readonly #random: Random;
  readonly #rates = new Map<FaultKind, number>();
  readonly counts = new Map<FaultKind, number>();
  #isHealed = false;

  /** @param always kinds that always strike, and no others; absent: drawn */
  constructor(random: Random, always?: readonly FaultKind[]) {
    this.#random = random;
    if (always !== undefined) {
      for (const kind of always) this.#rates.set(kind, 1);
      return;
    }
    const share = random.pick(shares);
    for (const kind of faultKinds) {
      if (random.chance(share)) this.#rates.set(kind, random.pick(rates));
    }
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#isHealed = true;
  }

  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    if (rate === undefined || this.#isHealed || !this.#random.chance(rate)) return false;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return true;
  }
}
