import { type Backend, BridgeError, type ComputeGrant, type ConfiguredBackend, type Listing, type OptionsSchema, type Placement, toBridgeError } from "@bridge/core";
import { defineBackend } from "@bridge/core/backend";
import type { Life } from "../life.ts";
import { send } from "../network.ts";
import { look, type Seen } from "./look.ts";
import { provision } from "./provision.ts";
import { facts, type Setting } from "./setting.ts";
import { terminate } from "./terminate.ts";
import { watchUntilExit } from "./watch.ts";

const noOptions: OptionsSchema<unknown> = {
  "~standard": { version: 1, vendor: "simulation", validate: (value) => (typeof value === "object" && value !== null && Object.keys(value).length === 0 ? { value } : { issues: [{ message: "there are no options" }] }) },
};

/** A backend that keeps the contract, on a platform that makes it as hard as it may. */
export function simBackend(life: Life, { name, scope, regions }: { readonly name: string; readonly scope: string; readonly regions: readonly string[] }): ConfiguredBackend {
  const { remembersSeconds } = life.world.plan.rules;
  const plugin = defineBackend<unknown>({
    contract: 1, name, optionsSchema: noOptions,
    facts: { ...facts, ...(remembersSeconds === undefined ? {} : { replayWindowSeconds: remembersSeconds }) },
    create: (_options, services) => membersOf({ life, services, scope, regions, unanswered: new Set() }),
  });
  return { plugin, options: {}, name };
}

function membersOf(setting: Setting): Backend {
  const { services: { name }, regions, scope } = setting;
  const ask = <T>(what: string, value: T, signal?: AbortSignal): Promise<T> => send(setting.life, {
    name: what, signal, hangs: "choose hangs", refused: [["choose fails", () => new BridgeError("unavailable", `the platform does not answer to ${what}`)]], arrive: () => value,
  });
  return {
    name,
    capabilities: ({ signal } = {}) => ask("capabilities", { regions, tdxCapable: false, maxCpuMillicores: 64_000, maxRamMib: 65_536 }, signal),
    canSatisfy: () => true,
    placements: (_grant: ComputeGrant, { signal } = {}) =>
      ask("placements", regions.map((region): Placement => ({ scope, region, size: "small", resolved: { image: "one" } })), signal),
    provision: (grant, envelope, context) => provision(setting, grant, envelope, context),
    watchUntilExit: (ref, validTo, options) => watchUntilExit(setting, ref, validTo, options),
    terminate: (ref, options) => terminate(setting, ref, options),
    list: (options) => list(setting, options?.signal),
  };
}

async function list(setting: Setting, signal: AbortSignal | undefined): Promise<Listing> {
  const { scope, life: { clock } } = setting;
  try {
    const { isComplete, seen, platformMs } = await look(setting, signal);
    return { scopes: [{ scope, complete: isComplete, clockSkewMs: platformMs - clock.now() }], instances: seen.map((one) => listed(one)) };
  } catch (thrown) {
    return { scopes: [{ scope, complete: false, error: toBridgeError(thrown) }], instances: [] };
  }
}

function listed({ id, kind, state, createdAtMs, spec: { scope, placement, backend, requestKey, attempt, ledgerId, deadlineMs } }: Seen): Listing["instances"][number] {
  return { backend, scope, requestKey, attempt, placement, intentAtMs: createdAtMs, instanceId: id, kind, state, ledgerId, deadlineMs };
}
