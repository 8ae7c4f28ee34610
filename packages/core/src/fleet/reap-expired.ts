import type { CallOptions, ListedInstance, Listing } from "../backend/v1.ts";
import type { InstanceRef, Scope } from "../backend/words.ts";
import { refOf } from "../instance/instance-codec.ts";
import { BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import { ask } from "./ask.ts";
import type { Fleet } from "./fleet.ts";
import { mergeListings } from "./merge-listings.ts";

/** Options of {@link reapExpired}. */
export interface ReapOptions extends CallOptions {
  /** So long must a deadline tag have passed. Default 120. */
  readonly afterSeconds?: number;
  /** Only tells what would be ended. Default false. */
  readonly reportOnly?: boolean;
  /** The longest wait for a backend's list; one that has not answered by then is passed over. Default 120. */
  readonly listSeconds?: number;
  /** The longest wait for the end of one attempt; the next reaper goes on with it. Default 900. */
  readonly endSeconds?: number;
}

/** What a reaper did. */
export interface Reaped {
  /** Attempts whose deadline tag had passed, and what became of them. `report`: it was only told. */
  readonly attempts: readonly { readonly ref: InstanceRef; readonly deadlineMs: number; readonly result: "ended" | "failed" | "report"; readonly error?: BridgeError }[];
  /** Scopes in which nothing was done, and why: incomplete, or a clock that differs. */
  readonly passedOver: readonly { readonly scope: Scope; readonly reason: BridgeError }[];
  /** Things of this owner that were left alone: without a deadline tag that has passed, or in a scope that was passed over. */
  readonly left: number;
}

/** Clocks that differ by more end nothing. */
const longestSkewMs = 30_000;

/**
 * Ends everything of this owner whose own deadline tag has passed by the Fleet's clock, of whichever ledger and backend entry. It
 * needs no ledger and no memory: only credentials and the owner. The net below controllers that are gone, and below guests whose
 * timer was stopped. Several at once do no harm.
 */
export async function reapExpired(fleet: Fleet, { afterSeconds = 120, reportOnly = false, listSeconds = 120, endSeconds = 900, signal }: ReapOptions = {}): Promise<Reaped> {
  const listings = await fleet.listByBackend({ ...(signal === undefined ? {} : { signal }), timeoutSeconds: listSeconds });
  const listing = mergeListings(listings.map((each) => each.listing));
  const passedOver = reasonsToPass(listing);
  const alive = listing.instances.filter(({ state }) => state !== "ended");
  const dueSinceMs = fleet.now() - afterSeconds * 1000;
  const due = alive.filter(({ scope, deadlineMs }) => deadlineMs !== undefined && deadlineMs <= dueSinceMs && !passedOver.some((each) => each.scope === scope));
  const attempts = new Map(due.map((listed) => [attemptOf(listed), listed]));
  const results = await Promise.all([...attempts.values()].map(async (listed) => {
    const found = { ref: refOf(listed), deadlineMs: listed.deadlineMs ?? 0 };
    if (reportOnly) return { ...found, result: "report" as const };
    try {
      const ref = { ...found.ref, backend: holderOf(listed, listings) };
      await ask((call) => fleet.terminate(ref, call), { signal, seconds: endSeconds });
      return { ...found, result: "ended" as const };
    } catch (thrown) {
      return { ...found, result: "failed" as const, error: toBridgeError(thrown, { operation: "terminate", ref: found.ref }) };
    }
  }));
  return { attempts: results, passedOver, left: alive.length - due.length };
}

/** Things whose tags are too damaged to name an attempt are ended each by its id. */
const attemptOf = ({ backend, scope, requestKey, attempt, instanceId }: ListedInstance): string =>
  JSON.stringify([backend, scope, requestKey, attempt, ...(attempt > 0 ? [] : [instanceId])]);

function reasonsToPass({ scopes }: Listing): Reaped["passedOver"] {
  return scopes.flatMap(({ scope, complete, error, clockSkewMs = 0 }) => {
    if (!complete) return [{ scope, reason: toBridgeError(error ?? new BridgeError("unavailable", "the scope could not be listed")) }];
    if (Math.abs(clockSkewMs) <= longestSkewMs) return [];
    return [{ scope, reason: new BridgeError("unavailable", `this computer's clock and the platform's differ by ${Math.round(Math.abs(clockSkewMs) / 1000)} s; nothing is ended by a clock that may be wrong`) }];
  });
}

/** The entry that made it may have been renamed, or hold another scope by now: any that lists the scope can reach what is in it. */
function holderOf({ scope, backend }: ListedInstance, listings: Awaited<ReturnType<Fleet["listByBackend"]>>): string {
  const holders = listings.filter(({ listing }) => listing.scopes.some((each) => each.scope === scope && each.complete)).map((each) => each.backend);
  return holders.includes(backend) ? backend : holders[0] ?? backend;
}
