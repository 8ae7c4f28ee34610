import { createHash, createHmac } from "node:crypto";
import { type ComputeGrant, type Envelope, type ProvisionContext, canonicalJson } from "@bridge/core/backend";
import { renderUserData } from "../cloud-init/render-user-data.ts";
import type { MachineSpec } from "../platform.ts";
import { argumentsTag } from "./find-machine.ts";

/** A keyed hash of everything that the machine is made of and for, short enough for every platform's tags. */
export function hashArguments(grant: ComputeGrant, envelope: Envelope, { placement, keys }: Pick<ProvisionContext, "placement" | "keys">): string {
  const whole = { grant, envelope: { ...envelope, sshPublicKey: keys.requesterPublicKey }, placement };
  return createHmac("sha256", keys.exitMac).update(canonicalJson(whole)).digest("hex").slice(0, 32);
}

/** All inputs of the create request of one attempt. */
export function machineSpec({ ledgerId, grant, context, argumentsHash }: {
  readonly ledgerId: string; readonly grant: ComputeGrant; readonly context: ProvisionContext; readonly argumentsHash: string;
}): MachineSpec {
  const { requestKey, attempt, placement, deadlineMs, tags, keys } = context;
  return {
    requestKey, attempt, placement, deadlineMs, grant,
    name: `bridge-${requestKey}-${attempt}`,
    token: createHash("sha256").update(canonicalJson([ledgerId, requestKey, attempt])).digest("hex"),
    tags: { ...tags, [argumentsTag]: argumentsHash },
    hostKey: keys.host,
    controlPublicKey: keys.control.publicKey,
    userData: (limits) => renderUserData({ hostKey: keys.host, controlPublicKey: keys.control.publicKey, deadlineMs, requestKey, attempt }, limits),
  };
}
