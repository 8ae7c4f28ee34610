import type { Almanac } from "./backend/words.ts";

/** How long a tick is, and where counting starts. */
export interface AlmanacOptions {
  /** Length of a tick in milliseconds; a positive number. Default 1000. */
  readonly tickMs?: number;
  /** The moment at which tick 0 begins, in milliseconds since the Unix epoch. Default 0. */
  readonly epochMs?: number;
}

/** An almanac of equal ticks; without options one tick is one second since the Unix epoch. */
export function createAlmanac({ tickMs = 1000, epochMs = 0 }: AlmanacOptions = {}): Almanac {
  return {
    tickToMs: (tick) => epochMs + tick * tickMs,
    msToTick: (ms) => Math.max(0, Math.floor((ms - epochMs) / tickMs)),
  };
}
