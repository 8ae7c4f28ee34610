import type { InstanceRef, Listing } from "@bridge/core";
import type { Stranger } from "../events.ts";
import type { OpenAttempt } from "../ledger/rows.ts";

type Listed = Listing["instances"][number];

/** What a sweep goes by. */
export interface Evidence {
  readonly listing: Listing;
  /** Of this ledger; read after the listing was taken, so that whatever it shows was intended before. */
  readonly attemptOf: (listed: Listed) => Pick<OpenAttempt, "state" | "placement"> | undefined;
  readonly ledgerId: string;
  readonly adopted: ReadonlySet<string>;
  readonly nowMs: number;
  readonly expiredTagMs: number;
  readonly isFrozen: (scope: string) => boolean;
}

/** What a sweep concludes. Whatever is in neither list is as it should be. */
export interface Judgement {
  /** To be ended, on positive evidence: its attempt is closed, or its own tag says that its deadline has passed. */
  readonly strays: readonly InstanceRef[];
  /** To be reported and left alone. */
  readonly strangers: readonly Stranger[];
}

/**
 * Judges what is listed of this owner. Ends nothing without positive evidence, nothing of another ledger, and concludes
 * nothing about scopes whose list is incomplete.
 */
export function judgeListing(evidence: Evidence): Judgement {
  const { listing, attemptOf, ledgerId, adopted } = evidence;
  const complete = new Set(listing.scopes.filter((scope) => scope.complete).map(({ scope }) => scope));
  const strays: InstanceRef[] = [];
  const strangers: Stranger[] = [];
  for (const listed of listing.instances) {
    // What is ending or has ended needs nobody.
    if (!complete.has(listed.scope) || listed.state === "ended" || listed.state === "ending") continue;
    const isOwn = listed.ledgerId === ledgerId;
    const row = isOwn ? attemptOf(listed) : undefined;
    // In another scope it is not this ledger's attempt: a later ledger made it, of which an older backup knows nothing.
    const attempt = row?.placement.scope === listed.scope ? row : undefined;
    if (attempt !== undefined && attempt.state !== "closed") continue;
    if (attempt?.state === "closed" || ((isOwn || adopted.has(listed.ledgerId)) && isExpired(listed, evidence))) strays.push(listed);
    else strangers.push(strangerOf(listed, isOwn));
  }
  return { strays, strangers };
}

function isExpired({ deadlineMs, scope }: Listed, { nowMs, expiredTagMs, isFrozen }: Evidence): boolean {
  return deadlineMs !== undefined && nowMs >= deadlineMs + expiredTagMs && !isFrozen(scope);
}

function strangerOf({ backend, scope, requestKey, attempt, instanceId, ledgerId, deadlineMs }: Listed, isOwn: boolean): Stranger {
  const isDamaged = attempt < 1 || requestKey === "unknown" || ledgerId === "unknown";
  const reason = isDamaged ? "damaged_tags" : isOwn ? "unknown_attempt" : "other_ledger";
  return { backend, scope, requestKey, attempt, instanceId, ledgerId, reason, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}
