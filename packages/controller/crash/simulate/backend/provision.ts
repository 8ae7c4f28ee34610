import { BridgeError, canonicalJson, type ComputeGrant, createInstance, type Envelope, type InstanceRef, type Outcome, type ProvisionContext, type ProvisionedInstance, toBridgeError } from "@bridge/core";
import { decodeTags } from "@bridge/core/backend";
import { machineName, type MachineSpec } from "../machine.ts";
import { send } from "../network.ts";
import { look, type Seen } from "./look.ts";
import { facts, requireScope, type Setting, throwIfAborted } from "./setting.ts";

const lookPauseMs = 3000;

interface Provision {
  readonly setting: Setting;
  readonly spec: MachineSpec;
  readonly context: ProvisionContext;
}

/** The contract's `provision`. */
export async function provision(setting: Setting, grant: ComputeGrant, envelope: Envelope, context: ProvisionContext): Promise<ProvisionedInstance> {
  const { life: { world }, services: { name, almanac } } = setting;
  const { requestKey, attempt, placement, intentAtMs, keys, signal } = context;
  let ref: InstanceRef = { backend: name, scope: placement.scope, requestKey, attempt, placement, intentAtMs };
  let outcome: Outcome = "unknown";
  try {
    throwIfAborted(signal);
    requireScope(setting, placement);
    const spec = specOf(grant, envelope, setting, context);
    const { id: instanceId } = await adoptOrCreate({ setting, spec, context });
    const created = { ...ref, instanceId };
    ref = created;
    outcome = "exists";
    await twice(setting, () => context.onCreated(created));
    throwIfAborted(signal);
    await untilRunning({ setting, spec, context });
    await twice(setting, () => context.onReady(created));
    throwIfAborted(signal);
    const startedAtMs = await start({ setting, spec, context });
    return createInstance({
      ...created, region: placement.region, publicHost: "sim.invalid", sshPort: 22, user: "bridge", keyPublic: keys.requesterPublicKey, hostKey: keys.host.publicKey,
      startedAt: almanac.msToTick(startedAtMs), providerId: grant.providerId, isolation: "vm", tdx: "none", hostKeyProvenance: "injected",
    });
  } catch (thrown) {
    const error = toBridgeError(thrown, { backend: name, operation: "provision", ref });
    const left = outcome === "exists" ? outcome : error.outcome ?? outcome;
    const { code, message, cause } = error;
    world.checks.provisionFailed(requestKey, attempt, code);
    throw new BridgeError(code, message, { backend: name, operation: "provision", ref, outcome: left, ...(cause === undefined ? {} : { cause }) });
  }
}

function specOf(grant: ComputeGrant, envelope: Envelope, { services: { owner, ledgerId }, scope }: Setting, { requestKey, attempt, placement, tags, deadlineMs, keys }: ProvisionContext): MachineSpec {
  return {
    name: machineName({ requestKey, attempt }), scope, placement, owner, ledgerId, backend: decodeTags(tags)?.backend ?? "unknown", requestKey, attempt, deadlineMs,
    fingerprint: canonicalJson({ grant, envelope, placement, hostKey: keys.host.publicKey, tags }),
  };
}

/** A platform's answers may come twice; so do the calls that follow from them. */
async function twice({ life: { world: { faults } } }: Setting, hook: () => Promise<void>): Promise<void> {
  await hook();
  if (faults.strikes("hook called twice")) await hook();
}

async function adoptOrCreate(provisioning: Provision): Promise<{ readonly id: string }> {
  const { setting, spec, context } = provisioning;
  const { life, unanswered } = setting;
  const { world: { platform, random, checks, faults } } = life;
  const found = await find(provisioning);
  if (found !== undefined) return found;
  throwIfAborted(context.signal);
  context.mayCreate();
  if (life.isAlive) checks.createSent(spec);
  const wasUnanswered = unanswered.has(spec.name);
  unanswered.add(spec.name);
  const refusal = (code: "no_capacity" | "unauthorized" | "rate_limited") => () => new BridgeError(code, `the platform refuses to create: ${code}`, { outcome: wasUnanswered ? "unknown" : "none" });
  const bootMs = faults.strikes("boot never") ? Number.POSITIVE_INFINITY : faults.strikes("boot slow") ? random.between(20_000, 55_000) : random.pick([0, 1000, 4000]);
  try {
    // Without the signal: a create in flight is allowed to finish.
    const { id } = await send(life, {
      name: `create ${spec.name}`, arrive: () => platform.create(spec, { bootMs }),
      requestLost: "create request lost", answerLost: "create answer lost", twice: "create delivered twice", hangs: "create hangs", slow: { kind: "create slow", ms: random.between(3000, 17_000) },
      refused: [["create refused: capacity", refusal("no_capacity")], ["create refused: unauthorized", refusal("unauthorized")], ["create refused: throttled", refusal("rate_limited")]],
    });
    unanswered.delete(spec.name);
    return { id };
  } catch (thrown) {
    const error = toBridgeError(thrown);
    if (error.outcome === "none" && !wasUnanswered) unanswered.delete(spec.name);
    if (error.outcome !== undefined) throw error;
    const made = await find(provisioning);
    if (made === undefined) throw error;
    return made;
  }
}

/** @throws BridgeError `attempt_spent`, `conflict`. */
async function find({ setting, spec, context }: Provision): Promise<Seen | undefined> {
  const { seen } = await look(setting, context.signal);
  const found = seen.find((one) => one.kind === "machine" && one.spec.name === spec.name);
  if (found === undefined) return undefined;
  if (found.state !== "starting" && found.state !== "running") throw new BridgeError("attempt_spent", `${found.id} has ended`, { outcome: "exists" });
  if (found.spec.fingerprint !== spec.fingerprint) throw new BridgeError("conflict", `${found.id} was made with other arguments`, { outcome: "exists" });
  return found;
}

async function untilRunning({ setting, spec, context }: Provision): Promise<void> {
  const { life: { clock } } = setting;
  const untilMs = clock.monotonic() + facts.readyTimeoutSeconds * 1000;
  for (;;) {
    const { seen } = await look(setting, context.signal);
    const found = seen.find((one) => one.kind === "machine" && one.spec.name === spec.name);
    if (found?.state === "running") return;
    if (found !== undefined && found.state !== "starting") throw new BridgeError("unavailable", "the machine ended before it was ready");
    if (clock.monotonic() > untilMs) throw new BridgeError("timeout", `the machine was not ready within ${facts.readyTimeoutSeconds} s`);
    await clock.wait(lookPauseMs, context.signal);
  }
}

const startTries = 3;

/** Starts the workload. A mark on the machine's disk makes a second start answer like the first. */
async function start({ setting: { life }, spec, context }: Provision): Promise<number> {
  const { world: { platform } } = life;
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(context.signal);
    try {
      return await send(life, {
        name: `start ${spec.name}`, requestLost: "start request lost", answerLost: "start answer lost", hangs: "start hangs", signal: context.signal,
        arrive: () => {
          const machine = platform.named(spec);
          if (machine === undefined) throw new BridgeError("unavailable", "nobody answers");
          return platform.start(machine);
        },
      });
    } catch (thrown) {
      const error = toBridgeError(thrown);
      if (error.code !== "timeout" || tries >= startTries) throw error;
    }
  }
}
