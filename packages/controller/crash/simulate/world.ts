import { Checks } from "./checks.ts";
import { type FaultKind, Faults } from "./faults.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { providerId, startMs } from "./names.ts";
import type { PlantName } from "./plants.ts";
import { Platform } from "./platform.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import type { Store } from "./store.ts";
import type { Tally } from "./tally.ts";

/** What is not left to chance. */
export interface Scenario {
  readonly plan: Partial<Plan>;
  /** Kinds that always strike until all is healed, and no others. */
  readonly faults: readonly FaultKind[];
}

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number;
  readonly store: Store;
  readonly tally: Tally;
  readonly plant?: PlantName | undefined;
  /** Default: all is left to chance. */
  readonly scenario?: Scenario | undefined;
  /** Gets the readable history. Default: nobody reads it. */
  readonly lines?: string[] | undefined;
}

/** Everything of one history that is not a process of ours. */
export class World {
  readonly seed: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly plan: Plan;
  readonly store: Store;
  readonly platform: Platform;
  readonly checks: Checks;
  readonly tally: Tally;
  readonly plant: PlantName | undefined;
  /** How far our computer's clock is ahead of the true time, which is the platform's. */
  aheadMs: number;
  #skewedSinceMs: number | undefined;
  readonly #lines: string[] | undefined;

  constructor({ seed, store, tally, plant, scenario, lines }: WorldOptions) {
    this.seed = seed;
    this.store = store;
    this.tally = tally;
    this.plant = plant;
    this.#lines = lines;
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random, startMs);
    this.faults = new Faults(this.random, scenario?.faults);
    this.plan = { ...drawPlan(this.random, startMs, { providerId }), ...scenario?.plan };
    this.aheadMs = this.plan.startAheadMs;
    this.platform = new Platform(this, this.plan.rules);
    this.checks = new Checks(this);
    this.platform.watchedBy(this.checks);
    this.#noteSkew();
  }

  /** Milliseconds for which our clock and the platform's have differed by more than a minute. */
  get skewedForMs(): number {
    return this.#skewedSinceMs === undefined ? 0 : this.scheduler.nowMs - this.#skewedSinceMs;
  }

  /** Somebody sets our clock. */
  turnClock(aheadMs: number): void {
    if (aheadMs === this.aheadMs) return;
    this.say("clock", () => `ours is set; it is ${aheadMs} ms ahead of the platform's now`);
    this.tally.count("clock", Math.abs(aheadMs - this.aheadMs) > 60_000 ? "steps over 60 s" : "steps under 60 s");
    this.aheadMs = aheadMs;
    this.#noteSkew();
  }

  #noteSkew(): void {
    this.#skewedSinceMs = Math.abs(this.aheadMs) <= 60_000 ? undefined : this.#skewedSinceMs ?? this.scheduler.nowMs;
  }

  /** One line of the readable history; made only when somebody wants to read it. */
  readonly say = (who: string, what: () => string): void => {
    if (this.#lines === undefined) return;
    const seconds = ((this.scheduler.nowMs - startMs) / 1000).toFixed(3);
    this.#lines.push(`${seconds.padStart(10)} s  ${who.padEnd(10)}  ${what()}`);
  };
}
