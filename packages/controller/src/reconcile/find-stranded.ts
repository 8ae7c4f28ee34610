import type { Listing, Scope } from "@bridge/core";
import type { Stranded } from "../events.ts";
import type { OpenAttempt } from "../ledger/rows.ts";

/**
 * Open attempts that this configuration cannot reach: their backend is gone, or their scope is in nobody's list though all
 * backends said which scopes they hold.
 */
export function findStranded(open: readonly OpenAttempt[], backends: readonly string[], listing: Listing | undefined): readonly Stranded[] {
  const held = new Set<Scope>(listing?.scopes.map(({ scope }) => scope));
  // A backend that failed before it knew its scopes is listed under its own name.
  const isScopesUnknown = (backend: string) => listing === undefined || listing.scopes.some(({ scope, complete }) => scope === backend && !complete);
  return open.flatMap(({ requestKey, attempt, backend, placement: { scope } }): readonly Stranded[] => {
    if (!backends.includes(backend)) return [{ requestKey, attempt, backend, scope, reason: "unknown_backend" }];
    if (held.has(scope) || isScopesUnknown(backend)) return [];
    return [{ requestKey, attempt, backend, scope, reason: "wrong_scope" }];
  });
}
