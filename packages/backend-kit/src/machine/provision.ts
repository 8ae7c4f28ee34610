import {
  BridgeError, type ComputeGrant, type Envelope, type InstanceRef, type Outcome, type ProvisionContext, type ProvisionedInstance, createInstance,
} from "@bridge/core/backend";
import { throwIfAborted } from "../wait.ts";
import { adoptOrCreate } from "./create-machine.ts";
import { withDetails } from "./errors.ts";
import { hashArguments, machineSpec } from "./machine-spec.ts";
import { becomeReady } from "./ready.ts";
import type { MachineSetting } from "./setting.ts";

/** The contract's `provision`: adopt or create, become ready, start. Never cleans up (rule 5). */
export async function provision(setting: MachineSetting, grant: ComputeGrant, envelope: Envelope, context: ProvisionContext): Promise<ProvisionedInstance> {
  const { requestKey, attempt, placement, intentAtMs } = context;
  const { name, ledgerId, almanac, now } = setting.services;
  const signal = AbortSignal.any([context.signal, setting.closing.signal]);
  let ref: InstanceRef = { backend: name, scope: placement.scope, requestKey, attempt, placement, intentAtMs };
  let outcome: Outcome = "unknown";
  try {
    throwIfAborted(signal);
    refuseEnvelope(setting, envelope);
    await setting.requireScope(placement.scope, "provision", signal);
    const spec = machineSpec({ ledgerId, grant, context, argumentsHash: hashArguments(grant, envelope, context) });
    const instanceId = await adoptOrCreate({ setting, spec, ref, context, signal });
    const created = { ...ref, instanceId };
    ref = created;
    outcome = "exists";
    await context.onCreated(created);
    throwIfAborted(signal);
    const { machine, host, port, status } = await becomeReady({ setting, grant, envelope, context, ref: created, signal });
    context.progress("ready");
    return createInstance({
      ...created,
      region: machine.region,
      publicHost: host,
      sshPort: port,
      user: status.user,
      keyPublic: context.keys.requesterPublicKey,
      hostKey: context.keys.host.publicKey,
      startedAt: almanac.msToTick(status.startedAtMs ?? now()),
      providerId: grant.providerId,
      isolation: setting.isolation,
      tdx: machine.tdx === true ? "requested" : "none",
      hostKeyProvenance: "injected",
    });
  } catch (thrown) {
    const error = setting.mapError(thrown, "provision");
    const details = outcome === "exists" ? { outcome, ref } : { outcome: error.outcome ?? outcome, ref: error.ref ?? ref };
    if (!signal.aborted || error.code === "aborted") throw withDetails(error, details);
    throw new BridgeError("aborted", `the caller ended the call; before that: ${error.message}`, { ...details, backend: name, operation: "provision", cause: error });
  }
}

/** What the platform cannot do for this envelope is refused before anything is created, on every replay alike. */
function refuseEnvelope({ platform }: MachineSetting, envelope: Envelope): void {
  const refusal = platform.refuseEnvelope?.(envelope);
  if (refusal !== undefined) throw new BridgeError("unsupported", refusal.message, { outcome: "none" });
}
