import { setTimeout as sleep } from "node:timers/promises";

const longestNapMs = 1000;

/** Resolves when the wall clock has reached the deadline. Naps are short: a clock that is set or a machine that slept is noticed. */
export async function untilDeadline(deadlineMs: number, now: () => number = Date.now): Promise<void> {
  for (;;) {
    const leftMs = deadlineMs - now();
    if (leftMs <= 0) return;
    await sleep(Math.min(leftMs, longestNapMs));
  }
}
