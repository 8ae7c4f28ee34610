import { BridgeError, createInstance, isBridgeError, type Json } from "@bridge/core";
import { backendMutant, type Mutant } from "./mutant.ts";

/** Rule 10, and the members without a number, broken. */
export const pluginMutants: readonly Mutant[] = [
  {
    rule: 10, name: "its import does I/O", caughtBy: "import and construction do no I/O, read no environment, start no timer, load no SDK",
    make: () => ({ subject: (subject) => ({ ...subject, module: { url: import.meta.resolve("./modules/io-at-import.ts"), shared: false } }) }),
  },
  {
    rule: 10, name: "its construction opens a connection and reads the environment", caughtBy: "import and construction do no I/O, read no environment, start no timer, load no SDK",
    make: () => ({ subject: (subject) => ({ ...subject, module: { url: import.meta.resolve("./modules/io-at-construction.ts"), shared: false } }) }),
  },
  {
    rule: 10, name: "its schema swallows unknown keys", caughtBy: "unknown options are refused",
    make: () => ({ plugin: (plugin) => ({ ...plugin, optionsSchema: { "~standard": { version: 1, vendor: "mutant", validate: (value) => ({ value }) } } }) }),
  },
  {
    rule: 10, name: "its schema takes anything for options", caughtBy: "options that are no object are refused, not crashed on",
    make: () => ({ plugin: (plugin) => ({ ...plugin, optionsSchema: { "~standard": { version: 1, vendor: "mutant", validate: (value) => (typeof value === "object" && value !== null ? plugin.optionsSchema["~standard"].validate(value) : { value: {} }) } } }) }),
  },
  backendMutant(10, "has the plugin's name, whatever its entry is called", "a backend has the name of its entry", () => ({ name: "memory" })),
  backendMutant(10, "close leaves its watches hanging", "close ends what still waits, succeeds twice, and leaves the machines alone", () => ({ close: async () => {} })),

  backendMutant("capabilities", "offers a size that is no number", "capabilities say what is on offer, in whole numbers and distinct regions", (backend) => ({ capabilities: async (options) => ({ ...await backend.capabilities(options), maxRamMib: Number.NaN }) })),
  backendMutant("capabilities", "diagnoses without a word on how to mend", "diagnose says how to mend what it finds, and creates nothing", () => ({ diagnose: async () => [{ subject: "credentials", verdict: "failed" as const, message: "they are wrong" }] })),
  backendMutant("capabilities", "takes every grant", "canSatisfy takes nothing that the capabilities do not offer", (backend) => ({ canSatisfy: () => true, explain: (grant) => backend.explain?.(grant) ?? [] })),
  backendMutant("capabilities", "takes required TDX for a wish", "TDX that is required is taken only where it is capable", (backend) => {
    const wished = (grant: Parameters<typeof backend.canSatisfy>[0]) => ({ ...grant, manifest: { ...grant.manifest, tdx: "none" as const } });
    return { canSatisfy: (grant) => backend.canSatisfy(wished(grant)), explain: (grant) => backend.explain?.(wished(grant)) ?? [] };
  }),
  backendMutant("capabilities", "refuses what is small", "canSatisfy takes less wherever it takes more", (backend) => ({
    canSatisfy: (grant) => grant.manifest.ramMib >= 64 && backend.canSatisfy(grant),
    explain: (grant) => (grant.manifest.ramMib >= 64 ? backend.explain?.(grant) ?? [] : [{ reason: "ram", message: "too small" }]),
  })),
  backendMutant("capabilities", "explains something else than it does", "canSatisfy is what explain says, every time", () => ({ explain: () => [] })),
  backendMutant("capabilities", "places grants where they may not be", "placements are whole, storable, within the grant, and create nothing", (backend) => ({
    placements: async (grant, options) => (await backend.placements?.({ ...grant, manifest: { ...grant.manifest, regions: [] } }, options)) ?? [],
  })),
  backendMutant("capabilities", "names pools of capacity that have no name", "placements are whole, storable, within the grant, and create nothing", (backend) => ({
    placements: async (grant, options) => ((await backend.placements?.(grant, options)) ?? []).map((placement) => ({ ...placement, pool: "" })),
  })),

  backendMutant("handle", "counts the start in milliseconds", "the handle describes the machine of the attempt", (backend) => ({
    provision: async (grant, envelope, context) => {
      const instance = await backend.provision(grant, envelope, context);
      return createInstance({ ...instance, startedAt: instance.startedAt * 1000 });
    },
  })),
  backendMutant("handle", "puts something into the handle that cannot be stored", "the handle survives being stored, and serves another process", (backend) => ({
    provision: async (grant, envelope, context) => {
      const instance = await backend.provision(grant, envelope, context);
      // A Date is no Json; that is the point.
      return createInstance({ ...instance, placement: { ...instance.placement, resolved: { at: new Date(0) as unknown as Json } } });
    },
  })),
  backendMutant("handle", "errors do not say whose they are", "errors name the backend, the operation and a code of the table", (backend) => ({
    terminate: (ref, options) => backend.terminate(ref, options).catch((error: unknown) => {
      throw isBridgeError(error) ? new BridgeError(error.code, error.message) : error;
    }),
  })),
  backendMutant("secrets", "puts the private host key into the handle", "the handle shows no private key", (backend) => ({
    provision: async (grant, envelope, context) => createInstance(Object.assign({ ...await backend.provision(grant, envelope, context) }, { hostKeyPrivate: context.keys.host.privateKey })),
  })),
  backendMutant("secrets", "logs the envelope", "no secret is in any error, its causes, or the log", (backend, { log }) => ({
    provision: (grant, envelope, context) => {
      log.debug({ envelope }, "provisioning");
      return backend.provision(grant, envelope, context);
    },
  })),
  backendMutant("secrets", "puts the environment into its errors", "no secret is in any error, its causes, or the log", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch((error: unknown) => {
      if (!isBridgeError(error)) throw error;
      throw Object.assign(error, { cause: new Error(`request was ${JSON.stringify(envelope)}`) });
    }),
  })),
];
