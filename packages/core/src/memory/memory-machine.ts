import type { ListedInstance } from "../backend/v1.ts";
import type { ExitRecord, Placement } from "../backend/words.ts";

/** A create request: all that a machine is made of. */
export interface MemoryMachineSpec {
  /** Unique on the platform for good. */
  readonly name: string;
  /** Keyed hash of everything that the machine is made for. */
  readonly argumentsHash: string;
  readonly placement: Placement;
  readonly tags: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  /** OpenSSH line. */
  readonly hostKey: string;
}

/** A machine as the platform keeps it; also after its end, so that its name stays taken. */
export interface MemoryMachine {
  readonly id: string;
  readonly spec: MemoryMachineSpec;
  readonly createdAtMs: number;
  readonly runsAtMs: number;
  readonly startedAtMs?: number;
  /** The workload's own end; the machine is off and stays listed. */
  readonly exit?: { readonly atMs: number; readonly record: ExitRecord };
  /** Set when its end was asked for. */
  readonly endingAtMs?: number;
  /** When nothing of it exists any more, where that is decided. */
  readonly goneAtMs?: number;
  /** Whoever is in it has stopped its timer. */
  readonly outlivesDeadline?: boolean;
}

/** When nothing of the machine exists any more: at its deadline at the latest, unless that was prevented. */
export const goneAtMs = ({ goneAtMs: decided = Number.POSITIVE_INFINITY, outlivesDeadline = false, spec }: MemoryMachine): number =>
  Math.min(decided, outlivesDeadline ? Number.POSITIVE_INFINITY : spec.deadlineMs);

/** The machine's state as lists show it; undefined when it is gone. */
export function stateAt(machine: MemoryMachine, nowMs: number): ListedInstance["state"] | undefined {
  if (nowMs >= goneAtMs(machine)) return undefined;
  if (machine.endingAtMs !== undefined) return "ending";
  if (machine.exit !== undefined) return "ended";
  return nowMs < machine.runsAtMs ? "starting" : "running";
}

/** When the state changes by itself next; never, when it is gone. */
export function nextChangeMs(machine: MemoryMachine, nowMs: number): number {
  const gone = goneAtMs(machine);
  if (nowMs >= gone) return Number.POSITIVE_INFINITY;
  return nowMs < machine.runsAtMs ? Math.min(machine.runsAtMs, gone) : gone;
}
