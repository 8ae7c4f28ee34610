import { BridgeError, type InstanceRef, tagNames } from "@bridge/core/backend";
import type { MachineSpec, RawMachine } from "../platform.ts";
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

/** Tags that must be the same on a machine that is adopted, and what another value means. */
const ownTags = [
  [tagNames.ledger, "by another ledger"], [tagNames.backend, "by another backend"], [argumentsTag, "with other arguments"],
] as const;

/**
 * Checks that a machine that was found is the one that these tags would be put on.
 *
 * @throws BridgeError `attempt_spent` when it has ended, `conflict` when it was made otherwise; both with the ref.
 */
export function requireAdoptable(machine: RawMachine, ref: InstanceRef, tags: MachineSpec["tags"]): void {
  const subject = `machine ${machine.id} of attempt ${ref.attempt} of request ${ref.requestKey}`;
  const details = { outcome: "exists", ref: { ...ref, instanceId: machine.id } } as const;
  if (!isLive(machine)) throw new BridgeError("attempt_spent", `${subject} has already ended`, details);
  const other = ownTags.find(([name]) => machine.tags[name] !== tags[name]);
  if (other !== undefined) throw new BridgeError("conflict", `${subject} was made ${other[1]}`, details);
}
