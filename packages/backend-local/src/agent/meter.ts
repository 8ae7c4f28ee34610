import { readFileSync } from "node:fs";
import type { Meter as MeterReading } from "@bridge/core/backend";
import { membersOf } from "../process/members.ts";

// proc(5): times are in clock ticks, 100 a second on every Linux that Node runs on (USER_HZ); sizes in pages.
const ticksPerSecond = 100;
const pageBytes = 4096;
const unknown = { source: "unknown" } as const;

/** Numbers of /proc/PID/stat from field 14 on: utime, stime, cutime, cstime, …; field 24 is the resident size in pages. */
function statOf(pid: number | "self"): { own: number; children: number; residentBytes: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    const field = (number: number) => fields[number - 3] ?? 0;
    return { own: field(14) + field(15), children: field(16) + field(17), residentBytes: field(24) * pageBytes };
  } catch {
    return undefined;
  }
}

/**
 * Measures all processes of an instance but the agent itself. CPU time is what the agent's ended children used (with theirs)
 * and what the living have used; memory is the resident size, summed over time between readings.
 */
export class Meter {
  readonly #mark: string;
  readonly #startedMs = performance.now();
  #lastMs = this.#startedMs;
  #cpuSeconds = 0;
  #ramMibSeconds = 0;

  constructor(mark: string) {
    this.#mark = mark;
  }

  read(): { wallSeconds: MeterReading; cpuCoreSeconds: MeterReading; ramMibSeconds: MeterReading } {
    const nowMs = performance.now();
    const wallSeconds = { value: (nowMs - this.#startedMs) / 1000, source: "measured" } as const;
    const self = statOf("self");
    if (self === undefined) return { wallSeconds, cpuCoreSeconds: unknown, ramMibSeconds: unknown };
    const members = membersOf(this.#mark).filter(({ pid }) => pid !== process.pid).flatMap(({ pid }) => statOf(pid) ?? []);
    const ticks = self.children + members.reduce((sum, { own, children }) => sum + own + children, 0);
    // A process whose parent is gone takes its time with it when it ends; the sum never goes back.
    this.#cpuSeconds = Math.max(this.#cpuSeconds, ticks / ticksPerSecond);
    this.#ramMibSeconds += members.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / 1_048_576 * ((nowMs - this.#lastMs) / 1000);
    this.#lastMs = nowMs;
    return {
      wallSeconds,
      cpuCoreSeconds: { value: this.#cpuSeconds, source: "measured" },
      ramMibSeconds: { value: this.#ramMibSeconds, source: "measured" },
    };
  }
}
