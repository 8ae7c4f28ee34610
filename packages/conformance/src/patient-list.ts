import { isBridgeError, type Listing } from "@bridge/core";
import type { Patience } from "./patience.ts";

const patienceSeconds = 10;

/**
 * A listing of whoever wants it complete: a scope that says that its platform did not answer just now is honest, and is asked
 * again for a while. The last one counts, complete or not.
 */
export async function patientList(list: () => Promise<Listing>, patience: Patience): Promise<Listing> {
  const untilMs = patience.now() + patienceSeconds * 1000;
  for (;;) {
    const listing = await list();
    const failing = listing.scopes.filter(({ complete }) => !complete);
    const isPassing = failing.length > 0 && failing.every(({ error }) => isBridgeError(error) && error.retryable);
    if (!isPassing || patience.now() >= untilMs) return listing;
    await patience.sleep(0.2);
  }
}
