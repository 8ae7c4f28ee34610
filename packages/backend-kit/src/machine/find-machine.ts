import { BridgeError, type InstanceRef } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { isMachine, type Snapshot, thingsOf } from "../poller/snapshot.ts";

const isLive = ({ state }: RawMachine): boolean => state === "starting" || state === "running";

/**
 * The machine of an attempt: the one that lives, else one that has ended.
 *
 * @throws BridgeError `internal` when more than one lives: the platform did not keep the promise of `facts.idempotency`.
 */
export function machineOf(snapshot: Snapshot, ref: InstanceRef): RawMachine | undefined {
  const machines = thingsOf(snapshot, ref).filter(isMachine);
  const live = machines.filter(isLive);
  const ids = [...new Set(live.map(({ id }) => id))];
  if (ids.length > 1) {
    throw new BridgeError("internal", `attempt ${ref.attempt} of request ${ref.requestKey} has ${ids.length} machines: ${ids.join(", ")}`, { outcome: "exists", ref });
  }
  return live[0] ?? machines.find(({ id }) => id === ref.instanceId) ?? machines[0];
}

/** The tag that holds a keyed hash of all arguments with which a machine was made. */
export const argumentsTag = "bridge-arguments";

/**
 * Whether a machine that was found may be adopted.
 *
 * @throws BridgeError `attempt_spent` when it has ended, `conflict` when it was made with other arguments; both with the ref.
 */
export function requireAdoptable(machine: RawMachine, ref: InstanceRef, argumentsHash: string): void {
  const details = { outcome: "exists", ref: { ...ref, instanceId: machine.id } } as const;
  if (!isLive(machine)) {
    throw new BridgeError("attempt_spent", `machine ${machine.id} of attempt ${ref.attempt} of request ${ref.requestKey} has already ended`, details);
  }
  if (machine.tags[argumentsTag] !== argumentsHash) {
    throw new BridgeError("conflict", `machine ${machine.id} of attempt ${ref.attempt} of request ${ref.requestKey} was made with other arguments`, details);
  }
}
