import { BridgeError, type ListedInstance } from "@bridge/core";
import { type Machine, type MachineSpec, stateAt, wallSecondsAt } from "../machine.ts";
import { send } from "../network.ts";
import { facts, type Setting } from "./setting.ts";

/** One thing in a list, as it was at the moment that the list speaks of. */
export interface Seen {
  readonly id: string;
  readonly kind: "machine" | "disk";
  readonly state: ListedInstance["state"];
  readonly spec: MachineSpec;
  readonly createdAtMs: number;
  readonly exit?: Machine["exit"];
  readonly wallSeconds: number;
}

/** What a list said, of this owner. */
export interface Look {
  readonly isComplete: boolean;
  readonly seen: readonly Seen[];
  /** The platform's clock when it answered. */
  readonly platformMs: number;
}

/** Asks for the list: as stale as the platform may be, and perhaps cut short, which it then says. */
export async function look({ life, scope, services: { owner } }: Setting, signal?: AbortSignal): Promise<Look> {
  const { world: { platform, scheduler, random, faults } } = life;
  return send(life, {
    name: `list ${scope}`, signal, answerLost: "list answer lost", hangs: "list hangs",
    refused: [["list fails", () => new BridgeError("unavailable", "the platform does not list")]],
    arrive: () => {
      const momentMs = scheduler.nowMs - (faults.strikes("list stale") ? random.between(1, facts.settleSeconds * 1000) : 0);
      const isTwice = faults.strikes("list shows twice");
      const all = platform.machines.filter(({ spec }) => spec.scope === scope && spec.owner === owner).flatMap((machine) => seenAt(machine, momentMs));
      const isComplete = !faults.strikes("list incomplete");
      const seen = isComplete ? all : all.filter(() => random.chance(0.5));
      return { isComplete, seen: isTwice ? [...seen, ...seen] : seen, platformMs: scheduler.nowMs };
    },
  });
}

function seenAt(machine: Machine, momentMs: number): readonly Seen[] {
  const state = stateAt(machine, momentMs);
  if (state === undefined) return [];
  const { id, spec, createdAtMs, exit } = machine;
  const seen = { id, spec, createdAtMs, wallSeconds: wallSecondsAt(machine, momentMs) };
  if (state === "remnant") return [{ ...seen, id: `${id}-disk`, kind: "disk", state: "ending" }];
  return [{ ...seen, kind: "machine", state, ...(exit === undefined || exit.atMs > momentMs ? {} : { exit }) }];
}
