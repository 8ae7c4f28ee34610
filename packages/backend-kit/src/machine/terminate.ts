import { type CallOptions, type InstanceRef } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { attemptKey, isMachine, type Snapshot, thingsOf } from "../poller/snapshot.ts";
import { monotonicMs, sleep, throwIfAborted, within } from "../wait.ts";
import { destroyer } from "./destroyer.ts";
import { failureBound } from "./failure-bound.ts";
import type { MachineSetting } from "./setting.ts";

/** A call that has not settled by then counts as failed. */
const callTimeoutSeconds = 120;
const longestPauseMs = 60_000;
const operation = "terminate";

/**
 * The contract's `terminate` (rule 6). Ends what is listed of the attempt until complete lists over `settleSeconds` hold
 * nothing that lives and no create can still have its effect. It goes on as long as it takes; the caller's signal ends it.
 *
 * @throws BridgeError `wrong_scope`; `unauthorized` and `forbidden` at once, of a destroy when the next list still shows the
 * thing; `unavailable` when the same call to the platform has failed for 15 minutes; `aborted`.
 */
export async function terminate(setting: MachineSetting, ref: InstanceRef, options: CallOptions = {}): Promise<void> {
  const { closing } = setting;
  const signal = options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal]);
  await setting.call(operation, async () => {
    throwIfAborted(signal);
    await setting.requireScope(ref.scope, operation, signal);
    await forbid(setting, ref, signal);
    const lastAppearanceMs = lastAppearance(setting, ref);
    const isClosed = closingProof(setting, ref, lastAppearanceMs);
    const destroy = destroyer(setting, signal);
    const listing = failureBound(setting, "listing");
    for (let atOnce = true; ; atOnce = false) {
      const { snapshot, error } = await setting.poller(ref.scope).next({ atOnce, signal });
      if (error !== undefined) {
        listing.note(error);
        continue;
      }
      listing.clear();
      const things = everythingOf(snapshot, ref);
      if (isClosed(things, snapshot.startedMs)) return;
      // A name that is free again would be taken by a create that is still under way: a second machine.
      if (setting.facts.idempotency !== "search" && mayMakeAnother(setting, ref) && snapshot.startedMs < lastAppearanceMs()) continue;
      await Promise.all(things.filter(needsDestroy).map(destroy));
    }
  });
}

/** A machine that has ended may stay listed; a remnant must go. */
const isLeft = (thing: RawMachine): boolean => !isMachine(thing) || thing.state !== "ended";
const needsDestroy = (thing: RawMachine): boolean => isLeft(thing) && thing.state !== "ending";

/** What carries the attempt's tags; and the thing of the ref's id if its own tags are too damaged to name an attempt. */
function everythingOf(snapshot: Snapshot, ref: InstanceRef): readonly RawMachine[] {
  const damaged = ref.instanceId === undefined ? undefined : snapshot.damaged.get(ref.instanceId);
  return damaged === undefined ? thingsOf(snapshot, ref) : [...new Set([...thingsOf(snapshot, ref), ...damaged])];
}

/**
 * Whether a create that nobody has heard of may be under way and make a machine though there was one before, because the
 * platform does not know the attempt by its name or token for long enough.
 */
function mayMakeAnother({ facts, platform, creates, madeAtMs }: MachineSetting, ref: InstanceRef): boolean {
  const { idempotency, replayWindowSeconds = Infinity, settleSeconds, createTimeoutSeconds } = facts;
  const forgets = idempotency === "search" || replayWindowSeconds < settleSeconds + createTimeoutSeconds;
  return platform.forbid === undefined && forgets && (ref.intentAtMs <= madeAtMs || creates.isUnanswered(attemptKey(ref)));
}

/** Makes a function that tells until when, by the monotonic clock, a create of the attempt may have its effect and show in lists. */
function lastAppearance({ facts, creates, services }: MachineSetting, ref: InstanceRef): () => number {
  // From the moment of the intent, which another process may have written down; never longer than from now on.
  const intentMs = monotonicMs() + Math.min(0, ref.intentAtMs - services.now());
  const windowMs = (facts.settleSeconds + facts.createTimeoutSeconds) * 1000;
  return () => Math.max(intentMs + windowMs, creates.mayShowUntilMs(attemptKey(ref)) ?? 0);
}

/** Makes a function that judges each complete list: true when nothing is left and nothing can still appear. */
function closingProof(setting: MachineSetting, ref: InstanceRef, lastAppearanceMs: () => number): (things: readonly RawMachine[], listedMs: number) => boolean {
  const settleMs = setting.facts.settleSeconds * 1000;
  let machineSeen = false;
  let clearSinceMs: number | undefined;
  return (things, listedMs) => {
    machineSeen ||= things.some(isMachine);
    if (things.some(isLeft)) {
      clearSinceMs = undefined;
      return false;
    }
    clearSinceMs ??= listedMs;
    if (listedMs - clearSinceMs < settleMs) return false;
    if (setting.platform.forbid !== undefined || (machineSeen && !mayMakeAnother(setting, ref))) return true;
    return listedMs >= lastAppearanceMs();
  };
}

/** Where the platform can, makes it impossible that the attempt's machine still appears. */
async function forbid(setting: MachineSetting, ref: InstanceRef, signal: AbortSignal): Promise<void> {
  const { platform, pollMs } = setting;
  const failures = failureBound(setting, "forbidding its creation");
  for (let pauseMs = pollMs; platform.forbid !== undefined; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return await within(callTimeoutSeconds, "forbidding its creation", (inner) => platform.forbid?.(ref, { signal: inner }) ?? Promise.resolve(), signal);
    } catch (thrown) {
      const error = setting.mapError(thrown, operation);
      failures.note(error);
      await sleep(Math.max(pauseMs, (error.retryAfterSeconds ?? 0) * 1000), signal);
    }
  }
}
