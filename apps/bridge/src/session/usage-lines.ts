import type { ExitRecord, Meter, UsageMetrics } from "@bridge/core";
import type { ExitCode } from "../exit-codes.ts";
import { table } from "../output/line.ts";

const show = (meter: Meter, unit: string, digits = 1): string =>
  meter.source === "unknown" ? "unknown" : `${meter.value.toFixed(digits)} ${unit} (${meter.source})`;

/** How a run ended, for a person. */
export function describeExit({ reason, code, source }: ExitRecord): string {
  if (reason !== "exited") return { deadline: "the lease is over", terminated: "terminated from elsewhere", lost: "lost: the machine is gone, and nobody knows how" }[reason];
  return code === undefined ? "exited; its code is not known" : `exited with code ${code} (${source ?? "source unknown"})`;
}

/** What was used, as a table. */
export function usageLines({ wallSeconds, cpuCoreSeconds, ramMibSeconds, networkRxBytes, networkTxBytes }: Omit<UsageMetrics, "exit">): readonly string[] {
  return table([
    ["wall", show(wallSeconds, "s")],
    ["cpu", show(cpuCoreSeconds, "core-seconds", 2)],
    ["memory", show(ramMibSeconds, "MiB-seconds")],
    ["network in", show(networkRxBytes, "bytes", 0)],
    ["network out", show(networkTxBytes, "bytes", 0)],
  ], "  ");
}

/** The exit code of a command whose workload ended so. */
export function exitCodeOfRun({ reason, code = 0 }: ExitRecord): ExitCode {
  if (reason === "lost" || reason === "terminated") return 1;
  return reason === "exited" && code !== 0 ? 4 : 0;
}
