import { BridgeError } from "@bridge/core";
import type { AttemptRow } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { frozenPauseMs } from "./end-at-deadline.ts";

const listSeconds = 180;
const longestPauseMs = 3_600_000;

/**
 * How long to wait before an attempt may be terminated, in milliseconds; 0 when it may be. Where its machine was never seen,
 * another ledger's can live under its name, as after a copied configuration: that is left to its deadline.
 *
 * @throws BridgeError `unavailable` when its scope cannot be listed.
 */
export async function namesakePauseMs(work: Work, row: AttemptRow): Promise<number> {
  const { closeAfterMs, instanceId, placement: { scope } } = row;
  if (closeAfterMs !== undefined) return pauseUntil(work, scope, closeAfterMs);
  const namesake = instanceId === undefined ? await findNamesake(work, row) : undefined;
  return namesake === undefined ? 0 : pauseUntil(work, scope, (namesake.deadlineMs ?? Number.POSITIVE_INFINITY) + work.settings.expiredTagSeconds * 1000);
}

/** By a clock that can be trusted. */
function pauseUntil({ clock, trust }: Work, scope: string, momentMs: number): number {
  if (clock.now() < momentMs) return Math.min(longestPauseMs, momentMs - clock.now());
  return trust.isFrozen(scope) ? frozenPauseMs : 0;
}

async function findNamesake({ ledger, fleet, sideEffects, stopping }: Work, { requestKey, attempt, backend, placement: { scope } }: AttemptRow): Promise<{ readonly deadlineMs?: number } | undefined> {
  const { scopes, instances } = await sideEffects.effect("list", (signal) => fleet.list({ signal }), { requestKey, signal: stopping, seconds: listSeconds });
  // A backend that does not say which scopes it holds is listed under its own name.
  if (scopes.some((listed) => (listed.scope === scope || listed.scope === backend) && !listed.complete)) {
    throw new BridgeError("unavailable", `scope ${scope} cannot be listed, and what lives there under the name of attempt ${attempt} may be another's`, { backend });
  }
  return instances.find((listed) => listed.scope === scope && listed.requestKey === requestKey && listed.attempt === attempt && listed.ledgerId !== ledger.ledgerId);
}
