import { BridgeError, isBridgeError } from "@bridge/core";
import type { MachinePlatform } from "../../backend-kit/src/index.ts";
import { kitPlugin, kitSubject } from "../test/fixtures/kit-subject.ts";
import { backendMutant, type Mutant } from "./mutant.ts";

const never = new AbortController().signal;

/** Rule 6 broken. */
export const terminateMutants: readonly Mutant[] = [
  backendMutant(6, "terminate returns early", "terminate waits for an end that takes its time", (backend, _services, platform) => ({
    terminate: async (ref) => {
      await platform.destroy(`bridge-${ref.requestKey}-${ref.attempt}`);
    },
  })),
  backendMutant(6, "terminate does nothing", "terminate resolves when nothing is left, and not before", () => ({ terminate: async () => {} })),
  backendMutant(6, "terminate fails when there is nothing", "terminate succeeds ten times", (backend) => ({
    terminate: async (ref, options) => {
      const { instances } = await backend.list();
      if (!instances.some(({ requestKey, attempt }) => requestKey === ref.requestKey && attempt === ref.attempt)) throw new BridgeError("not_found", "there is no such machine");
      await backend.terminate(ref, options);
    },
  })),
  backendMutant(6, "terminate fails for what never was", "terminate of an attempt that never had a machine succeeds", (backend, _services, platform) => ({
    terminate: async (ref, options) => {
      if (platform.books(ref.requestKey, ref.attempt).machines === 0) throw new BridgeError("not_found", "never heard of it");
      await backend.terminate(ref, options);
    },
  })),
  backendMutant(6, "terminate fails for all callers but one", "terminate by several callers at once succeeds for all", (backend) => {
    let busy = false;
    return { terminate: async (ref, options) => {
      if (busy) throw new BridgeError("conflict", "it is being terminated");
      busy = true;
      await backend.terminate(ref, options).finally(() => {
        busy = false;
      });
    } };
  }),
  backendMutant(6, "terminate takes a missing id for a missing machine", "terminate needs no instance id", (backend) => ({ terminate: async (ref, options) => (ref.instanceId === undefined ? undefined : backend.terminate(ref, options)) })),
  backendMutant(6, "terminate knows only what its own process made", "terminate takes what list shows", (backend) => {
    const made = new Set<string>();
    return {
      provision: (grant, envelope, context) => {
        made.add(context.requestKey);
        return backend.provision(grant, envelope, context);
      },
      terminate: async (ref, options) => (made.has(ref.requestKey) ? backend.terminate(ref, options) : undefined),
    };
  }),
  backendMutant(6, "terminate leaves machines that were never ready", "terminate ends a machine that was never ready", (backend, _services, platform) => ({
    terminate: async (ref, options) => (platform.books(ref.requestKey, ref.attempt).starts === 0 ? undefined : backend.terminate(ref, options)),
  })),
  backendMutant(6, "terminate believes one list", "terminate does not believe one list that shows nothing", (backend) => ({
    terminate: async (ref, options) => {
      const { instances } = await backend.list();
      if (instances.some(({ requestKey, attempt }) => requestKey === ref.requestKey && attempt === ref.attempt)) await backend.terminate(ref, options);
    },
  })),
  backendMutant(6, "terminate gives up when it is refused", "terminate goes on when the platform refuses for a while", (backend) => ({
    terminate: (ref, options) => backend.terminate(ref, options).catch((error: unknown) => {
      if (isBridgeError(error) && error.code !== "unavailable") throw error;
    }),
  })),
  {
    rule: 6, name: "terminate forgets creates that are on their way", caughtBy: "terminate outlasts a create that is still on its way",
    make: () => ({ platform: () => ({ forbid: async () => {} }) }),
  },
  backendMutant(6, "terminate takes a foreign scope for an empty one", "terminate refuses a ref of a scope that it does not hold", (backend) => ({
    terminate: (ref, options) => backend.terminate(ref, options).catch((error: unknown) => {
      if (isBridgeError(error) && error.code !== "wrong_scope") throw error;
    }),
  })),
  backendMutant(6, "terminate ends all attempts of the request", "terminate leaves every other attempt alone", (backend) => ({
    terminate: async (ref, options) => {
      for (const other of (await backend.list()).instances) if (other.requestKey === ref.requestKey) await backend.terminate(other, options);
      await backend.terminate(ref, options);
    },
  })),
  backendMutant(6, "terminate goes on when it is aborted", "an aborted terminate ends at once, and can be called again", (backend) => ({ terminate: (ref) => backend.terminate(ref, { signal: never }) })),
  {
    rule: 6, name: "terminate leaves remnants", caughtBy: "terminate removes remnants", base: "kit",
    make: () => ({ subject: () => kitSubject((machines: MachinePlatform) => {
      const list = machines.list.bind(machines);
      machines.list = async (...parameters) => (await list(...parameters)).filter(({ kind = "machine" }) => kind === "machine");
      return kitPlugin(machines);
    }) }),
  },
];
