import { decodeTags } from "../backend/tags.ts";
import type { Backend, CallOptions, ListedInstance, Listing } from "../backend/v1.ts";
import type { InstanceRef } from "../backend/words.ts";
import { refusalsByCapabilities } from "../backend/refusals.ts";
import { BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import { throwIfAborted } from "./memory-clock.ts";
import { type MemoryMachine, stateAt } from "./memory-machine.ts";
import { nameOf } from "./memory-platform.ts";
import { type MemorySetting, pauseMs, requireScope, signalOf } from "./memory-setting.ts";
import { provisionMachine } from "./provision-machine.ts";
import { watchMachine } from "./watch-machine.ts";

/** A backend whose machines live in a {@link MemoryPlatform}. They keep all rules but have no SSH. */
export function createMemoryBackend(setting: MemorySetting): Backend {
  const { services: { name }, platform, capabilities, closing } = setting;
  return {
    name,
    capabilities: async ({ signal }: CallOptions = {}) => {
      throwIfAborted(signal);
      await platform.answer("capabilities");
      return capabilities;
    },
    canSatisfy: (grant) => refusalsByCapabilities(grant, capabilities).length === 0,
    explain: (grant) => refusalsByCapabilities(grant, capabilities),
    placements: async (grant, { signal } = {}) => {
      throwIfAborted(signal);
      const { regions: wanted, cpuMillicores, ramMib } = grant.manifest;
      return capabilities.regions.filter((region) => wanted.length === 0 || wanted.includes(region))
        .map((region) => ({ scope: platform.scope, region, size: `cpu${cpuMillicores}-ram${ramMib}`, resolved: { image: "memory-1" } }));
    },
    provision: (grant, envelope, context) => provisionMachine(setting, grant, envelope, context),
    watchUntilExit: (ref, validTo, options) => watchMachine(setting, ref, validTo, options),
    terminate: (ref, options) => terminate(setting, ref, options),
    list: (options) => list(setting, options),
    diagnose: async ({ signal } = {}) => {
      throwIfAborted(signal);
      return [{ subject: `platform ${platform.scope}`, verdict: "fine", message: "lives in this process, and its machines end with it" }];
    },
    close: async () => closing.abort(),
  };
}

/**
 * The contract's `terminate` (rule 6). Forbids the name first, so that nothing can still appear; then ends what there is,
 * and waits until neither a read by name nor a list shows it.
 */
async function terminate(setting: MemorySetting, ref: InstanceRef, { signal: callerSignal }: CallOptions = {}): Promise<void> {
  const { platform, services } = setting;
  const signal = signalOf(setting, callerSignal);
  throwIfAborted(signal);
  requireScope(setting, ref.scope, "terminate");
  const name = nameOf(ref);
  try {
    await platform.forbid(name);
    for (;;) {
      throwIfAborted(signal);
      const { machine } = await platform.read(name);
      const state = machine === undefined ? undefined : stateAt(machine, platform.now());
      if (state === undefined) {
        const { complete, machines } = await platform.list();
        if (complete && !machines.some(({ spec }) => spec.name === name)) return;
      } else if (state !== "ending") {
        await platform.destroy(name);
        continue;
      }
      await platform.waitForChange(name, machine, platform.now() + pauseMs, signal);
    }
  } catch (error) {
    throw toBridgeError(error, { backend: services.name, operation: "terminate", ref });
  }
}

/** The contract's `list` (rule 7): all of this owner, whichever backend or ledger it belongs to. */
async function list({ platform, services: { name, owner, now } }: MemorySetting, { signal }: CallOptions = {}): Promise<Listing> {
  throwIfAborted(signal);
  const { scope } = platform;
  try {
    const { complete, machines } = await platform.list();
    if (complete) return { scopes: [{ scope, complete, clockSkewMs: platform.now() - now() }], instances: machines.flatMap((machine) => listed(machine, owner, platform.now())) };
    throw new BridgeError("unavailable", "the platform's list broke off");
  } catch (thrown) {
    return { scopes: [{ scope, complete: false, error: toBridgeError(thrown, { backend: name, operation: "list" }) }], instances: [] };
  }
}

function listed(machine: MemoryMachine, owner: string, nowMs: number): readonly ListedInstance[] {
  const { id, spec: { placement, tags }, createdAtMs } = machine;
  const content = decodeTags(tags);
  if (content?.owner !== owner) return [];
  const { backend, requestKey, attempt, ledgerId, deadlineMs } = content;
  // A stale list shows as running what has ended since; so it does for real.
  const state = stateAt(machine, nowMs) ?? "running";
  return [{ backend, scope: placement.scope, requestKey, attempt, placement, intentAtMs: createdAtMs, instanceId: id, kind: "machine", state, ledgerId, deadlineMs }];
}
