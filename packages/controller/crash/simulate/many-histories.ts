import { runHistory } from "./history.ts";
import type { PlantName } from "./plants.ts";
import { Store } from "./store.ts";
import { type Counts, Tally } from "./tally.ts";

/** A history that broke a promise. */
export interface Found {
  readonly seed: number;
  readonly violations: readonly string[];
}

/** What many histories gave. */
export interface Findings {
  readonly histories: number;
  readonly found: readonly Found[];
  readonly counts: Counts;
}

/** Which histories are lived through. */
export interface ManyOptions {
  readonly firstSeed: number;
  readonly histories: number;
  readonly plant?: PlantName | undefined;
  /** Ends early once so many broke a promise. Default 10. */
  readonly enough?: number;
}

/** Lives through histories one after the other. */
export async function runMany({ firstSeed, histories, plant, enough = 10 }: ManyOptions): Promise<Findings> {
  const store = await Store.open();
  const tally = new Tally();
  const found: Found[] = [];
  const stackFrames = Error.stackTraceLimit;
  // Thousands of errors are part of it, and nobody reads where they come from.
  Error.stackTraceLimit = 0;
  const before = process.cpuUsage();
  let lived = 0;
  try {
    while (lived < histories && found.length < enough) {
      const seed = firstSeed + lived;
      const violations = await runHistory({ seed, store, tally, plant });
      lived += 1;
      if (violations.length > 0) found.push({ seed, violations });
    }
  } finally {
    Error.stackTraceLimit = stackFrames;
    store.close();
  }
  const { user, system } = process.cpuUsage(before);
  tally.count("sums", "cpu ms", Math.round((user + system) / 1000));
  return { histories: lived, found, counts: tally.counts };
}

/** Lives through one history, to be read. */
export async function readHistory(seed: number, plant?: PlantName): Promise<{ readonly lines: readonly string[]; readonly violations: readonly string[] }> {
  const store = await Store.open();
  const lines: string[] = [];
  try {
    const violations = await runHistory({ seed, store, tally: new Tally(), plant, lines });
    return { lines, violations };
  } finally {
    store.close();
  }
}
