import { createAlmanac, type Fleet, type ProvisionedInstance, type UsageMetrics } from "@bridge/core";
import type { Output } from "../output/output.ts";
import { persist } from "./persist.ts";
import { describeExit, usageLines } from "./usage-lines.ts";

const readingIntervalMs = 10_000;

/** Waits until the workload ends or the lease is over, reporting readings on the way; a platform that fails for a while is asked again. */
export async function watch({ fleet, instance, validTo, signal, output }: {
  readonly fleet: Fleet; readonly instance: ProvisionedInstance; readonly validTo: number; readonly signal: AbortSignal; readonly output: Output;
}): Promise<UsageMetrics> {
  let shownMs = performance.now();
  const onUsage = (usage: Omit<UsageMetrics, "exit">) => {
    if (performance.now() - shownMs < readingIntervalMs) return;
    shownMs = performance.now();
    output.step({ event: "usage", ...usage }, ["so far", ...usageLines(usage)].join("\n"));
  };
  const usage = await persist(() => fleet.watchUntilExit(instance, validTo, { signal, onUsage }), {
    untilMs: createAlmanac().tickToMs(validTo),
    signal,
    onRetry: (error, seconds) => output.note([{ text: `watch: ${error.code}: ${error.message}; again in ${seconds} s`, style: "yellow" }]),
  });
  output.step({ event: "ended", ...usage }, describeExit(usage.exit));
  return usage;
}
