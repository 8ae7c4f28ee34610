import type { Meter, UsageMetrics } from "@bridge/core/backend";
import type { ExitReport } from "../console/exit-line.ts";
import { type RawMachine, unknownMeter } from "../platform.ts";

/** What a machine has used so far, without how it ended. */
export type Usage = Omit<UsageMetrics, "exit">;

const nothing: Usage = {
  wallSeconds: unknownMeter, cpuCoreSeconds: unknownMeter, ramMibSeconds: unknownMeter, networkRxBytes: unknownMeter, networkTxBytes: unknownMeter,
};

/** The first meter that somebody read. */
const firstKnown = (...meters: readonly (Meter | undefined)[]): Meter =>
  meters.find((meter) => meter !== undefined && meter.source !== "unknown") ?? unknownMeter;

const reported = (value: number | undefined): Meter | undefined => (value === undefined ? undefined : { value, source: "reported" });
const allocated = (amount: number | undefined, wall: Meter): Meter | undefined =>
  amount === undefined || wall.source === "unknown" ? undefined : { value: amount * wall.value, source: "allocated" };
/** Nobody promised a number of bytes. */
const network = (meter: Meter | undefined): Meter | undefined => (meter?.source === "allocated" ? undefined : meter);

/**
 * Usage from the last that was seen of a machine: the platform's own readings, else what the guest reported, else size x
 * time; a meter that nobody read is unknown.
 *
 * @param seenUntilMs the last moment at which it was known to live, where its end is not known
 */
export function usageOf(machine: RawMachine | undefined, { seenUntilMs, report }: { readonly seenUntilMs: number; readonly report?: ExitReport | undefined }): Usage {
  if (machine === undefined) return nothing;
  const { usage = {}, createdAtMs, endedAtMs = seenUntilMs, cpuMillicores, ramMib } = machine;
  const lived: Meter | undefined = createdAtMs === undefined ? undefined : { value: Math.max(0, endedAtMs - createdAtMs) / 1000, source: "measured" };
  const wallSeconds = firstKnown(usage.wallSeconds, lived);
  const cpuSeconds = report?.cpuMicroseconds === undefined ? undefined : report.cpuMicroseconds / 1e6;
  return {
    wallSeconds,
    cpuCoreSeconds: firstKnown(usage.cpuCoreSeconds, reported(cpuSeconds), allocated(cpuMillicores === undefined ? undefined : cpuMillicores / 1000, wallSeconds)),
    ramMibSeconds: firstKnown(usage.ramMibSeconds, allocated(ramMib, wallSeconds)),
    networkRxBytes: firstKnown(network(usage.networkRxBytes), reported(report?.networkRxBytes)),
    networkTxBytes: firstKnown(network(usage.networkTxBytes), reported(report?.networkTxBytes)),
  };
}
