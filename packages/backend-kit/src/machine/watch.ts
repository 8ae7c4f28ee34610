import { type AlmanacTick, type InstanceRef, type UsageMetrics, type WatchOptions } from "@bridge/core/backend";
import { abortable, throwIfAborted } from "../wait.ts";
import type { MachineSetting } from "./setting.ts";
import { Watcher } from "./watcher.ts";

/** The contract's `watchUntilExit` (rule 8), on the shared poller and the one deadline timer. */
export async function watchUntilExit(setting: MachineSetting, ref: InstanceRef, validTo: AlmanacTick, options: WatchOptions = {}): Promise<UsageMetrics> {
  const { signal } = options;
  const operation = "watchUntilExit";
  return setting.call(operation, async () => {
    throwIfAborted(signal);
    await setting.requireScope(ref.scope, operation, signal);
    const watcher = new Watcher({ setting, ref, deadlineMs: setting.services.almanac.tickToMs(validTo), options });
    const unsubscribe = setting.poller(ref.scope).subscribe((result) => watcher.hear(result));
    const forget = setting.deadlines.add(watcher.deadlineMs, () => watcher.reachDeadline());
    try {
      return await abortable(watcher.ended, signal);
    } finally {
      unsubscribe();
      forget();
    }
  });
}
