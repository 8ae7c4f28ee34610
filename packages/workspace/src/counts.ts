import { appendFileSync } from "node:fs";

/** What a run came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line that CI counts: `12 passed, 0 failed`, and skips when there are any. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * Adds a run to the file that `BRIDGE_COUNTS_FILE` names, as one line of three numbers: whoever started several runs prints
 * one closing line for all. Without that variable it does nothing and returns false.
 */
export function addToCountsFile({ passed, failed, skipped }: Counts): boolean {
  const countsFile = process.env["BRIDGE_COUNTS_FILE"];
  if (countsFile === undefined) return false;
  appendFileSync(countsFile, `${passed} ${failed} ${skipped}\n`);
  return true;
}
