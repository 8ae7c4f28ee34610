import type { Meter, UsageMetrics } from "@bridge/core/backend";
import type { ExitReport } from "../console/exit-line.ts";
import { type RawMachine, unknownMeter } from "../platform.ts";

/** What a machine has used so far, without how it ended. */
export type Usage = Omit<UsageMetrics, "exit">;

/** What meters need of a machine; kept for as long as somebody watches it, so it holds nothing else. */
export type Reading = Pick<RawMachine, "state" | "usage" | "createdAtMs" | "endedAtMs" | "cpuMillicores" | "ramMib">;

/** The reading of a listed machine; the one before if nothing has changed, so that 10,000 watchers keep no list alive. */
export function readingOf({ state, usage, createdAtMs, endedAtMs, cpuMillicores, ramMib }: RawMachine, before: Reading | undefined): Reading {
  const isSame = before !== undefined && before.state === state && before.usage === usage && before.createdAtMs === createdAtMs
    && before.endedAtMs === endedAtMs && before.cpuMillicores === cpuMillicores && before.ramMib === ramMib;
  if (isSame) return before;
  return {
    state,
    ...(usage === undefined ? {} : { usage }), ...(createdAtMs === undefined ? {} : { createdAtMs }), ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(cpuMillicores === undefined ? {} : { cpuMillicores }), ...(ramMib === undefined ? {} : { ramMib }),
  };
}

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
export function usageOf(machine: Reading | undefined, { seenUntilMs, report }: { readonly seenUntilMs: number; readonly report?: ExitReport | undefined }): Usage {
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
