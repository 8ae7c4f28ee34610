import type { AlmanacTick, InstanceRef, UsageMetrics, WatchOptions } from "@bridge/core/backend";
import { throwIfAborted } from "../wait.ts";
import { withoutOutcome } from "./errors.ts";
import type { MachineSetting } from "./setting.ts";
import { Watcher } from "./watcher.ts";

const operation = "watchUntilExit";

/** The contract's `watchUntilExit` (rule 8), on the shared poller and the one deadline timer. Few allocations: there may be 10,000. */
export async function watchUntilExit(setting: MachineSetting, ref: InstanceRef, validTo: AlmanacTick, options: WatchOptions = {}): Promise<UsageMetrics> {
  try {
    throwIfAborted(options.signal);
    await setting.requireScope(ref.scope, operation, options.signal);
    return await new Watcher({ setting, ref, deadlineMs: setting.services.almanac.tickToMs(validTo), options }).ended;
  } catch (error) {
    throw withoutOutcome(setting.mapError(error, operation));
  }
}
