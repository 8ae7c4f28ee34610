import { BridgeError, type Placement } from "@bridge/core/backend";

/** Quotas change when somebody asks for it, and room within them when machines end. */
const rememberedMs = 180_000;

/** Remembers where the account's quota is used up: it is the same for all zones and sizes of a region and market, so that none of them need be tried. */
export class OverQuota {
  readonly #now: () => number;
  readonly #untilMs = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A create there was refused for a quota. */
  note(placement: Placement): void {
    this.#untilMs.set(keyOf(placement), this.#now() + rememberedMs);
  }

  /** The placements that quotas leave room for. @throws BridgeError `quota_exceeded` when that is none of them. */
  without(placements: readonly Placement[]): readonly Placement[] {
    const now = this.#now();
    const left = placements.filter((placement) => (this.#untilMs.get(keyOf(placement)) ?? 0) <= now);
    if (left.length > 0 || placements.length === 0) return left;
    const [first] = placements.map((placement) => (this.#untilMs.get(keyOf(placement)) ?? 0) - now).sort((a, b) => a - b);
    const regions = [...new Set(placements.map(({ region }) => region))].join(", ");
    throw new BridgeError("quota_exceeded", `the account's quotas in ${regions} were used up a moment ago`, { outcome: "none", retryAfterSeconds: Math.ceil((first ?? 0) / 1000) });
  }
}

const keyOf = ({ region, resolved }: Placement): string => JSON.stringify([region, resolved["market"]]);
