import { createHmac, timingSafeEqual } from "node:crypto";
import type { InstanceRef } from "@bridge/core/backend";

/** What a guest says about the end of its workload. A counter that it could not read is absent. */
export interface ExitReport {
  /** 128 + signal number when a signal ended it. Absent: the guest does not know, such as after a reset. */
  readonly code?: number;
  readonly cpuMicroseconds?: number;
  readonly memoryPeakBytes?: number;
  readonly networkRxBytes?: number;
  readonly networkTxBytes?: number;
}

type Attempt = Pick<InstanceRef, "requestKey" | "attempt">;

const seal = (text: string, exitMac: Uint8Array): Buffer => createHmac("sha256", exitMac).update(text).digest();

/**
 * The line that a guest prints to its console when its workload has ended: `BRIDGE-EXIT v1`, request key, attempt, code,
 * CPU microseconds, memory peak, bytes received, bytes sent (`-` for any of these that it does not know), and the HMAC-SHA256 in hex of
 * all before it.
 */
export function formatExitLine(report: ExitReport, { requestKey, attempt }: Attempt, exitMac: Uint8Array): string {
  const counters = [report.cpuMicroseconds, report.memoryPeakBytes, report.networkRxBytes, report.networkTxBytes];
  const text = ["BRIDGE-EXIT v1", requestKey, attempt, ...[report.code, ...counters].map((word) => word ?? "-")].join(" ");
  return `${text} ${seal(text, exitMac).toString("hex")}`;
}

const line = /BRIDGE-EXIT v1 ([a-z2-7]+) (\d+) ((?:(?:\d{1,15}|-) ){5})([0-9a-f]{64})/g;

/** The last line on a console that is of this attempt and bears the right HMAC; undefined when there is none. */
export function findExitReport(consoleText: string, { requestKey, attempt }: Attempt, exitMac: Uint8Array): ExitReport | undefined {
  for (const found of [...consoleText.matchAll(line)].reverse()) {
    const [whole, foundKey, foundAttempt, words = "", mac = ""] = found;
    if (foundKey !== requestKey || Number(foundAttempt) !== attempt) continue;
    if (!timingSafeEqual(Buffer.from(mac, "hex"), seal(whole.slice(0, -65), exitMac))) continue;
    const [code, cpuMicroseconds, memoryPeakBytes, networkRxBytes, networkTxBytes] = words.split(" ").map((word) => (word === "-" ? undefined : Number(word)));
    return {
      ...(code === undefined ? {} : { code }),
      ...(cpuMicroseconds === undefined ? {} : { cpuMicroseconds }),
      ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
      ...(networkRxBytes === undefined ? {} : { networkRxBytes }),
      ...(networkTxBytes === undefined ? {} : { networkTxBytes }),
    };
  }
  return undefined;
}
