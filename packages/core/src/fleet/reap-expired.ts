import type { CallOptions, ListedInstance, Listing } from "../backend/v1.ts";
import type { InstanceRef } from "../backend/words.ts";
import { refOf } from "../instance/instance-codec.ts";
import { BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import type { Fleet } from "./fleet.ts";

/** Options of {@link reapExpired}. */
export interface ReapOptions extends CallOptions {
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** So long must a deadline tag have passed. Default 120. */
  readonly afterSeconds?: number;
  /** Only tells what would be ended. Default false. */
  readonly reportOnly?: boolean;
}

/** What a reaper did. */
export interface Reaped {
  /** Attempts whose deadline tag had passed, and what became of them. `report`: it was only told. */
  readonly attempts: readonly { readonly ref: InstanceRef; readonly deadlineMs: number; readonly result: "ended" | "failed" | "report"; readonly error?: BridgeError }[];
  /** Scopes in which nothing was done, and why: incomplete, or a clock that differs. */
  readonly passedOver: readonly { readonly scope: string; readonly reason: BridgeError }[];
  /** Things of this owner that were left alone, because they have no deadline tag that has passed. */
  readonly left: number;
}

const defaultAfterSeconds = 120;
/** Clocks that differ by more end nothing. */
const longestSkewMs = 30_000;

/**
 * Ends everything of this owner whose own deadline tag has passed, of whichever ledger and backend entry. It needs no ledger
 * and no memory: only credentials and the owner. The net below controllers that are gone, and below guests whose timer was
 * stopped.
 */
export async function reapExpired(fleet: Fleet, { now = Date.now, afterSeconds = defaultAfterSeconds, reportOnly = false, signal }: ReapOptions = {}): Promise<Reaped> {
  const call = signal === undefined ? {} : { signal };
  const listing = await fleet.list(call);
  const passedOver = reasonsToPass(listing);
  const isPassed = (scope: string) => passedOver.some((each) => each.scope === scope);
  const isDue = ({ scope, state, deadlineMs }: ListedInstance) => state !== "ended" && !isPassed(scope) && deadlineMs !== undefined && now() >= deadlineMs + afterSeconds * 1000;
  const due = listing.instances.filter(isDue);
  const attempts = new Map(due.map((listed) => [JSON.stringify([listed.backend, listed.scope, listed.requestKey, listed.attempt]), listed]));
  const results = await Promise.all([...attempts.values()].map(async (listed) => {
    const found = { ref: refOf(listed), deadlineMs: listed.deadlineMs ?? 0 };
    if (reportOnly) return { ...found, result: "report" as const };
    try {
      await fleet.terminate(await reachable(fleet, listed), call);
      return { ...found, result: "ended" as const };
    } catch (thrown) {
      return { ...found, result: "failed" as const, error: toBridgeError(thrown, { operation: "terminate", ref: found.ref }) };
    }
  }));
  return { attempts: results, passedOver, left: listing.instances.filter((each) => each.state !== "ended").length - due.length };
}

function reasonsToPass({ scopes }: Listing): Reaped["passedOver"] {
  return scopes.flatMap(({ scope, complete, error, clockSkewMs = 0 }) => {
    if (!complete) return [{ scope, reason: toBridgeError(error ?? new BridgeError("unavailable", "the scope could not be listed")) }];
    if (Math.abs(clockSkewMs) <= longestSkewMs) return [];
    return [{ scope, reason: new BridgeError("unavailable", `this computer's clock and the platform's differ by ${Math.round(Math.abs(clockSkewMs) / 1000)} s; nothing is ended by a clock that may be wrong`) }];
  });
}

/** An entry of the config may have been renamed since: any that holds the scope can reach what is in it. */
async function reachable(fleet: Fleet, listed: ListedInstance): Promise<InstanceRef> {
  const names = fleet.backends.map(({ name }) => name);
  if (names.includes(listed.backend)) return refOf(listed);
  const holder = await fleet.holderOf(listed.scope);
  if (holder !== undefined) return { ...refOf(listed), backend: holder };
  return refOf(listed);
}
