import { createHmac } from "node:crypto";
import type { ProvisionContext } from "../backend/v1.ts";
import type { ComputeGrant, Envelope, InstanceRef, ProvisionedInstance } from "../backend/words.ts";
import { BridgeError, type Outcome, toBridgeError } from "../errors/bridge-error.ts";
import { canonicalJson } from "../grant/request-key.ts";
import { createInstance } from "../instance/create-instance.ts";
import { throwIfAborted } from "./memory-clock.ts";
import { type MemoryMachine, type MemoryMachineSpec, stateAt } from "./memory-machine.ts";
import { nameOf } from "./memory-platform.ts";
import { type MemorySetting, pauseMs, requireScope, signalOf } from "./memory-setting.ts";

/** One call of `provision`. */
interface Provision {
  readonly setting: MemorySetting;
  readonly spec: MemoryMachineSpec;
  readonly ref: InstanceRef;
  readonly context: ProvisionContext;
  readonly signal: AbortSignal;
}

function specOf(grant: ComputeGrant, envelope: Envelope, { requestKey, attempt, placement, tags, deadlineMs, keys }: ProvisionContext): MemoryMachineSpec {
  const whole = canonicalJson({ grant, envelope: { ...envelope, sshPublicKey: keys.requesterPublicKey }, placement });
  const { cpuMillicores, ramMib } = grant.manifest;
  return {
    name: nameOf({ requestKey, attempt }), placement, tags, deadlineMs, cpuMillicores, ramMib, hostKey: keys.host.publicKey,
    argumentsHash: createHmac("sha256", keys.exitMac).update(whole).digest("hex"),
  };
}

/** The contract's `provision`: adopts or creates the machine of an attempt, waits until it answers, starts the workload. Cleans nothing up. */
export async function provisionMachine(setting: MemorySetting, grant: ComputeGrant, envelope: Envelope, context: ProvisionContext): Promise<ProvisionedInstance> {
  const { services: { name, almanac }, platform } = setting;
  const { requestKey, attempt, placement, intentAtMs, keys } = context;
  const signal = signalOf(setting, context.signal);
  let ref: InstanceRef = { backend: name, scope: placement.scope, requestKey, attempt, placement, intentAtMs };
  // Until something is known: an earlier call may have made the machine.
  let outcome: Outcome = "unknown";
  try {
    throwIfAborted(signal);
    requireScope(setting, placement.scope, "provision");
    const spec = specOf(grant, envelope, context);
    const { id } = await adoptOrCreate({ setting, spec, ref, context, signal });
    const created = { ...ref, instanceId: id };
    ref = created;
    outcome = "exists";
    await context.onCreated(created);
    throwIfAborted(signal);
    await waitUntilReady({ setting, spec, ref, context, signal });
    await context.onReady(created);
    throwIfAborted(signal);
    context.progress("starting");
    const startedAtMs = await platform.start(spec.name);
    context.progress("ready");
    const tdx = grant.manifest.tdx !== "none" && setting.capabilities.tdxCapable;
    return createInstance({
      ...created, region: placement.region, publicHost: "memory.invalid", sshPort: 22, user: "bridge", keyPublic: keys.requesterPublicKey,
      hostKey: keys.host.publicKey, startedAt: almanac.msToTick(startedAtMs), providerId: grant.providerId,
      isolation: tdx ? "td" : "vm", tdx: tdx ? "requested" : "none", hostKeyProvenance: "injected",
    });
  } catch (thrown) {
    const error = toBridgeError(thrown);
    const details = { backend: name, operation: "provision", ref: error.ref ?? ref, outcome: outcome === "exists" ? outcome : error.outcome ?? outcome };
    if (!signal.aborted || error.code === "aborted") throw withDetails(error, details);
    throw new BridgeError("aborted", `the caller ended the call; before that: ${error.message}`, { ...details, cause: error });
  }
}

function withDetails(error: BridgeError, details: Pick<BridgeError, "backend" | "operation" | "ref" | "outcome">): BridgeError {
  const { retryable, retryAfterSeconds, cause } = error;
  return new BridgeError(error.code, error.message, { retryable, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }), ...details, cause });
}

async function adoptOrCreate(provision: Provision): Promise<MemoryMachine> {
  const { setting: { platform, madeAtMs, unanswered }, spec, context, signal } = provision;
  context.progress("adopting");
  const found = await find(provision);
  if (found !== undefined) return found;
  throwIfAborted(signal);
  context.progress("creating");
  context.mayCreate();
  // In the same synchronous step, and without the signal: a create in flight is allowed to finish.
  const request = platform.create(spec);
  try {
    return requireAdoptable(await request, provision);
  } catch (thrown) {
    const error = toBridgeError(thrown);
    // This request was definitely refused. But one before it, by this or by an earlier process, may still be on its way.
    const maybeSentBefore = unanswered.has(spec.name) || context.intentAtMs < madeAtMs;
    if (error.outcome === "none" && maybeSentBefore) throw withDetails(error, { outcome: "unknown" });
    if (error.outcome !== "unknown") throw error;
    unanswered.add(spec.name);
    // It was our own, identical request: what it made is adopted.
    const made = await find(provision);
    if (made === undefined) throw error;
    return made;
  }
}

async function find(provision: Provision): Promise<MemoryMachine | undefined> {
  const { setting: { platform }, spec, ref } = provision;
  const { machine, forbidden } = await platform.read(spec.name);
  if (machine !== undefined) return requireAdoptable(machine, provision);
  if (!forbidden) return undefined;
  throw new BridgeError("attempt_spent", `attempt ${ref.attempt} of request ${ref.requestKey} was closed before it had a machine`, { outcome: "none", ref });
}

/** @throws BridgeError `attempt_spent`, `conflict`, both with the ref. */
function requireAdoptable(machine: MemoryMachine, { setting: { platform }, spec, ref }: Provision): MemoryMachine {
  const state = stateAt(machine, platform.now());
  const details = { outcome: state === undefined ? "none" : "exists", ref: { ...ref, instanceId: machine.id } } as const;
  if (state !== "starting" && state !== "running") {
    throw new BridgeError("attempt_spent", `${machine.id} of attempt ${ref.attempt} of request ${ref.requestKey} has already ended`, details);
  }
  if (machine.spec.argumentsHash !== spec.argumentsHash) {
    throw new BridgeError("conflict", `${machine.id} of attempt ${ref.attempt} of request ${ref.requestKey} was made with other arguments`, details);
  }
  return machine;
}

/** Waits until the machine answers with its own host key. @throws BridgeError `host_key_mismatch`, `timeout`, `unavailable`. */
async function waitUntilReady({ setting: { platform, facts: { readyTimeoutSeconds } }, spec, context, signal }: Provision): Promise<void> {
  const untilMs = platform.now() + readyTimeoutSeconds * 1000;
  context.progress("booting");
  for (;;) {
    const { machine } = await platform.read(spec.name);
    const state = machine === undefined ? undefined : stateAt(machine, platform.now());
    if (state !== "starting" && state !== "running") throw new BridgeError("unavailable", "the machine ended before it was ready");
    if (state === "running") context.progress("connecting");
    const answered = state === "running" ? await platform.connect(spec.name) : undefined;
    if (answered === spec.hostKey) return;
    if (platform.now() >= untilMs) {
      if (answered === undefined) throw new BridgeError("timeout", `the machine was not ready within ${readyTimeoutSeconds} s`);
      throw new BridgeError("host_key_mismatch", `the machine answers with another host key, for ${readyTimeoutSeconds} s now`);
    }
    await platform.waitForChange(spec.name, machine, Math.min(untilMs, platform.now() + pauseMs), signal);
  }
}
