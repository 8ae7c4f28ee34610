import type { PollResult, ScopePoller } from "../poller/scope-poller.ts";
import type { Snapshot } from "../poller/snapshot.ts";
import { monotonicMs, sleep } from "../wait.ts";
import { waitingMends } from "./failure-bound.ts";

/** How {@link patientList} waits. */
export interface PatientListOptions {
  /** Whether the first list does not wait for the poller's interval. */
  readonly atOnce: boolean;
  readonly patienceSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * The next complete list of a scope. One that fails for a passing reason is followed by others at the poller's pace, and by
 * a last one when the patience ends: the poller may have slowed down to less than that.
 *
 * @throws BridgeError of the last list; at once when waiting does not mend it, or the platform asks for more than the patience.
 */
export async function patientList(poller: ScopePoller, { atOnce, patienceSeconds, signal }: PatientListOptions): Promise<Snapshot> {
  const untilMs = monotonicMs() + patienceSeconds * 1000;
  for (let result = await poller.next({ atOnce, signal }); ;) {
    const { snapshot, error } = result;
    if (error === undefined) return snapshot;
    const leftMs = untilMs - monotonicMs();
    if (!waitingMends(error) || (error.retryAfterSeconds ?? 0) * 1000 >= leftMs) throw error;
    result = await nextWithin(poller, leftMs, signal);
  }
}

/** The next list at the poller's pace; when none has come by then, one at once. */
async function nextWithin(poller: ScopePoller, milliseconds: number, outer: AbortSignal): Promise<PollResult> {
  const over = new AbortController();
  const signal = AbortSignal.any([outer, over.signal]);
  try {
    return await Promise.race([poller.next({ signal }), sleep(milliseconds, signal).then(() => poller.next({ atOnce: true, signal }))]);
  } finally {
    over.abort();
  }
}
