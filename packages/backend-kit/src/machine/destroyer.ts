import type { BridgeError } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { monotonicMs, within } from "../wait.ts";
import { failureBound } from "./failure-bound.ts";
import type { MachineSetting } from "./setting.ts";

/** A call that has not settled by then counts as failed. */
const callTimeoutSeconds = 120;
const longestPauseMs = 60_000;

/**
 * Makes a function that asks for the end of a thing that a list shows; again and again while it stays listed, ever less often.
 *
 * @throws BridgeError `unauthorized` or `forbidden` when the list after that answer still shows the thing: where permissions
 * hang on tags, one that has just gone is answered with them too. Others as {@link failureBound} says.
 */
export function destroyer(setting: MachineSetting, signal: AbortSignal): (thing: RawMachine) => Promise<void> {
  const asked = new Map<string, { nextMs: number; pauseMs: number }>();
  const denials = new Map<string, BridgeError>();
  const failures = failureBound(setting, "destroying");
  return async (thing) => {
    const key = `${thing.kind ?? "machine"}/${thing.id}`;
    const denial = denials.get(key);
    if (denial !== undefined) throw denial;
    const { nextMs, pauseMs } = asked.get(key) ?? { nextMs: 0, pauseMs: setting.pollMs };
    if (monotonicMs() < nextMs) return;
    let waitMs = pauseMs;
    try {
      await within(callTimeoutSeconds, "destroying", (inner) => setting.platform.destroy(thing, { signal: inner }), signal);
      failures.clear();
    } catch (thrown) {
      const error = setting.mapError(thrown, "terminate");
      waitMs = Math.max(waitMs, (error.retryAfterSeconds ?? 0) * 1000);
      if (error.code === "unauthorized" || error.code === "forbidden") denials.set(key, error);
      // One "not found" proves nothing: the lists decide.
      else if (error.code !== "not_found") failures.note(error);
    }
    asked.set(key, { nextMs: monotonicMs() + waitMs, pauseMs: Math.min(longestPauseMs, pauseMs * 2) });
  };
}
