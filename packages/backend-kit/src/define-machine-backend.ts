import { type Backend, type BackendPlugin, type CallOptions, type ComputeGrant, defineBackend, type Refusal, refusalsByCapabilities } from "@bridge/core/backend";
import { list } from "./machine/list.ts";
import { provision } from "./machine/provision.ts";
import { MachineSetting } from "./machine/setting.ts";
import { terminate } from "./machine/terminate.ts";
import { watchUntilExit } from "./machine/watch.ts";
import type { MachineBackendDefinition } from "./platform.ts";
import { abortable, throwIfAborted } from "./wait.ts";

/** Why a backend that has not yet heard from its platform refuses. */
const notAsked: Refusal = { reason: "unavailable", message: "its capabilities are not known yet" };

/**
 * Makes a backend plugin of contract 1 from the few calls in which platforms differ. Make it the default export of your
 * package.
 *
 * The kit does what is the same for all: adopt before create, outcomes, readiness by host key, the start of the workload,
 * one shared list per scope for all who wait, exit and usage, and termination until nothing is left or can still appear.
 *
 * @throws BridgeError `contract_mismatch` with all problems of the declaration.
 */
export function defineMachineBackend<Options>(definition: MachineBackendDefinition<Options>): BackendPlugin<Options> {
  const { name, optionsSchema, facts } = definition;
  return defineBackend<Options>({
    contract: 1, name, optionsSchema, facts,
    create: (options, services): Backend => {
      const platform = definition.connect(options, services);
      const setting = new MachineSetting(platform, services, definition);
      const explain = (grant: ComputeGrant): readonly Refusal[] => [
        ...(setting.capabilities === undefined ? [notAsked] : refusalsByCapabilities(grant, setting.capabilities)),
        ...(platform.refusals?.(grant) ?? []),
      ];
      return {
        name: services.name,
        capabilities: async ({ signal } = {}) => setting.call("capabilities", async () => {
          throwIfAborted(signal);
          setting.capabilities = await abortable(platform.capabilities(signal === undefined ? {} : { signal }), signal);
          return setting.capabilities;
        }),
        canSatisfy: (grant) => explain(grant).length === 0,
        explain,
        placements: async (grant, { signal } = {}) => setting.call("placements", async () => {
          throwIfAborted(signal);
          return abortable(platform.placements(grant, signal === undefined ? {} : { signal }), signal);
        }),
        provision: (grant, envelope, context) => provision(setting, grant, envelope, context),
        watchUntilExit: (instance, validTo, watch) => watchUntilExit(setting, instance, validTo, watch),
        terminate: (ref, call) => terminate(setting, ref, call),
        list: (call) => setting.call("list", () => list(setting, call)),
        ...(platform.diagnose === undefined ? {} : {
          diagnose: (call: CallOptions = {}) => setting.call("diagnose", async () => {
            throwIfAborted(call.signal);
            return await abortable(platform.diagnose?.(call) ?? Promise.resolve([]), call.signal);
          }),
        }),
        close: () => setting.call("close", async () => {
          setting.close();
          await platform.close?.();
        }),
      };
    },
  });
}
