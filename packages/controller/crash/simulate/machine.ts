import type { ListedInstance, Placement } from "@bridge/core";

/** A create request as the platform gets it. */
export interface MachineSpec {
  readonly name: string;
  readonly scope: string;
  readonly placement: Placement;
  readonly owner: string;
  readonly ledgerId: string;
  readonly backend: string;
  readonly requestKey: string;
  readonly attempt: number;
  readonly deadlineMs: number;
  /** Everything that the machine is made for; another one under the same name is a conflict. */
  readonly fingerprint: string;
}

/** A machine in the platform's books; it stays there when it is gone. Moments are true time. */
export interface Machine {
  readonly id: string;
  readonly spec: MachineSpec;
  readonly createdAtMs: number;
  readonly runsAtMs: number;
  startedAtMs?: number;
  exit?: { readonly atMs: number; readonly code: number };
  endingAtMs?: number;
  goneAtMs?: number;
  /** Until when something of it is left after its end. */
  remnantUntilMs?: number;
}

const isBy = (atMs: number | undefined, momentMs: number): boolean => atMs !== undefined && atMs <= momentMs;

/** What a list shows that was taken at a moment, which may have passed. */
export function stateAt(machine: Machine, momentMs: number): ListedInstance["state"] | "remnant" | undefined {
  const { createdAtMs, goneAtMs, remnantUntilMs = 0, endingAtMs, exit, runsAtMs } = machine;
  if (momentMs < createdAtMs) return undefined;
  if (isBy(goneAtMs, momentMs)) return momentMs < remnantUntilMs ? "remnant" : undefined;
  if (isBy(endingAtMs, momentMs)) return "ending";
  if (isBy(exit?.atMs, momentMs)) return "ended";
  return momentMs < runsAtMs ? "starting" : "running";
}

/** Seconds that it existed and worked until a moment. */
export const wallSecondsAt = ({ createdAtMs, exit, goneAtMs }: Machine, momentMs: number): number =>
  Math.max(0, Math.min(momentMs, exit?.atMs ?? momentMs, goneAtMs ?? momentMs) - createdAtMs) / 1000;

/** The name of an attempt's machine, unique on the platform. */
export const machineName = ({ requestKey, attempt }: { readonly requestKey: string; readonly attempt: number }): string => `${requestKey}-${attempt}`;
