import { decodeUsage, type Meter, type UsageMetrics } from "@bridge/core";
import type { Usage } from "../ledger/rows.ts";

const unknownMeter: Meter = { source: "unknown" };

/** Nobody read anything. */
export const unknownUsage: Usage = { wallSeconds: unknownMeter, cpuCoreSeconds: unknownMeter, ramMibSeconds: unknownMeter, networkRxBytes: unknownMeter, networkTxBytes: unknownMeter };

/** What a backend calls usage, checked. @throws BridgeError `invalid_option` for what is none. */
export const checkedUsage = (said: unknown): UsageMetrics => decodeUsage(typeof said === "object" && said !== null ? { ...said } : said);

/** The later reading; what it does not know is as it was read before. Nothing is ever added up. */
export function latest(before: Usage | undefined, now: Usage): Usage {
  const known = (meter: keyof Usage): Meter => (now[meter].source === "unknown" ? before?.[meter] ?? unknownMeter : now[meter]);
  return {
    wallSeconds: known("wallSeconds"), cpuCoreSeconds: known("cpuCoreSeconds"), ramMibSeconds: known("ramMibSeconds"),
    networkRxBytes: known("networkRxBytes"), networkTxBytes: known("networkTxBytes"),
  };
}
