import { type AlmanacTick, BridgeError, type InstanceRef, type Meter, type UsageMetrics, type WatchOptions } from "@bridge/core";
import { machineName } from "../machine.ts";
import { look, type Look, type Seen } from "./look.ts";
import { facts, requireScope, type Setting, throwIfAborted } from "./setting.ts";

const pollMs = 20_000;
const failuresBorne = 3;
const unknown: Meter = { source: "unknown" };
const unknownUsage = { wallSeconds: unknown, cpuCoreSeconds: unknown, ramMibSeconds: unknown, networkRxBytes: unknown, networkTxBytes: unknown };

/** The contract's `watchUntilExit`. Absence counts once complete lists have shown it for as long as a list may be stale. */
export async function watchUntilExit(setting: Setting, ref: InstanceRef, validTo: AlmanacTick, { signal, onUsage }: WatchOptions = {}): Promise<UsageMetrics> {
  const { life: { clock, world: { faults } }, services: { almanac } } = setting;
  requireScope(setting, ref);
  const deadlineMs = almanac.tickToMs(validTo);
  let absentSinceMs: number | undefined;
  for (let failures = 0; ;) {
    throwIfAborted(signal);
    if (faults.strikes("watch fails")) throw new BridgeError("unavailable", "the platform cannot be reached");
    const sentMs = clock.monotonic();
    const seen = await tryLook(setting, signal);
    failures = seen === undefined ? failures + 1 : 0;
    if (failures > failuresBorne) throw new BridgeError("unavailable", "the platform did not list for some time");
    const isPast = clock.now() >= deadlineMs;
    const machine = seen?.seen.find(({ kind, spec }) => kind === "machine" && spec.name === machineName(ref));
    if (machine?.exit !== undefined) return { ...told(setting, ref, machine), exit: { reason: "exited", code: machine.exit.code, source: "measured" } };
    if (isPast && seen !== undefined) return { ...told(setting, ref, machine), exit: { reason: "deadline" } };
    if (machine !== undefined) {
      absentSinceMs = undefined;
      const usage = told(setting, ref, machine);
      onUsage?.(usage);
      if (faults.strikes("reading repeated")) onUsage?.(usage);
    } else if (seen?.isComplete === true) {
      if (absentSinceMs === undefined) absentSinceMs = sentMs;
      else if (sentMs - absentSinceMs >= facts.settleSeconds * 1000) return { ...unknownUsage, exit: { reason: "lost" } };
    }
    await clock.wait(absentSinceMs === undefined ? Math.max(1, Math.min(pollMs, deadlineMs - clock.now())) : facts.settleSeconds * 1000, signal);
  }
}

async function tryLook(setting: Setting, signal: AbortSignal | undefined): Promise<Look | undefined> {
  try {
    return await look(setting, signal);
  } catch (error) {
    throwIfAborted(signal);
    setting.life.world.say(`process ${setting.life.number}`, () => `a watch cannot look: ${String(error)}`);
    return undefined;
  }
}

/** What a list lets say about usage: the machine's time is measured, the rest is size x time. */
function told({ life: { world: { checks } } }: Setting, { requestKey, attempt }: InstanceRef, machine: Seen | undefined): Omit<UsageMetrics, "exit"> {
  if (machine === undefined) return unknownUsage;
  const { wallSeconds } = machine;
  checks.told(requestKey, attempt, wallSeconds);
  return {
    ...unknownUsage, wallSeconds: { value: wallSeconds, source: "measured" }, cpuCoreSeconds: { value: wallSeconds, source: "allocated" }, ramMibSeconds: { value: 1024 * wallSeconds, source: "allocated" },
  };
}
