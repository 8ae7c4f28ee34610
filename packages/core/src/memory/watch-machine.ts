import type { WatchOptions } from "../backend/v1.ts";
import type { AlmanacTick, ExitRecord, InstanceRef, Meter, UsageMetrics } from "../backend/words.ts";
import { throwIfAborted } from "./memory-clock.ts";
import { goneAtMs, type MemoryMachine, stateAt } from "./memory-machine.ts";
import { nameOf } from "./memory-platform.ts";
import { type MemorySetting, requireScope, signalOf } from "./memory-setting.ts";

const unknown: Meter = { source: "unknown" };

/** What the machine has used until then. Wall time is measured, the rest is size x time. */
function usageOf(machine: MemoryMachine | undefined, nowMs: number): Omit<UsageMetrics, "exit"> {
  if (machine === undefined) return { wallSeconds: unknown, cpuCoreSeconds: unknown, ramMibSeconds: unknown, networkRxBytes: unknown, networkTxBytes: unknown };
  const { createdAtMs, exit, spec: { cpuMillicores, ramMib } } = machine;
  const wall = Math.max(0, Math.min(nowMs, exit?.atMs ?? nowMs, goneAtMs(machine)) - createdAtMs) / 1000;
  const allocated = (amount: number): Meter => ({ value: amount * wall, source: "allocated" });
  return {
    wallSeconds: { value: wall, source: "measured" }, cpuCoreSeconds: allocated(cpuMillicores / 1000), ramMibSeconds: allocated(ramMib),
    networkRxBytes: unknown, networkTxBytes: unknown,
  };
}

/** The contract's `watchUntilExit` (rule 8). Absence counts at once, because reads by name are never stale. */
export async function watchMachine(setting: MemorySetting, ref: InstanceRef, validTo: AlmanacTick, options: WatchOptions = {}): Promise<UsageMetrics> {
  const { platform, services: { almanac } } = setting;
  const signal = signalOf(setting, options.signal);
  throwIfAborted(signal);
  requireScope(setting, ref.scope, "watchUntilExit");
  const deadlineMs = almanac.tickToMs(validTo);
  const name = nameOf(ref);
  for (let seen = false; ; seen = true) {
    const { machine } = await platform.read(name);
    const usage = usageOf(machine, platform.now());
    const exit = exitOf(machine, { nowMs: platform.now(), deadlineMs, seen });
    if (exit !== undefined) return { ...usage, exit };
    options.onUsage?.(usage);
    await platform.waitForChange(name, machine, deadlineMs, signal);
  }
}

/** How it ended, if it did. */
function exitOf(machine: MemoryMachine | undefined, { nowMs, deadlineMs, seen }: { readonly nowMs: number; readonly deadlineMs: number; readonly seen: boolean }): ExitRecord | undefined {
  if (machine?.exit !== undefined && machine.exit.atMs < deadlineMs) return machine.exit.record;
  if (nowMs >= deadlineMs) return { reason: "deadline" };
  if (machine === undefined) return { reason: "lost" };
  if (stateAt(machine, nowMs) !== undefined) return undefined;
  return { reason: nowMs >= machine.spec.deadlineMs ? "deadline" : seen && machine.endingAtMs !== undefined ? "terminated" : "lost" };
}
