import { type Backend, BridgeError, createInstance, isBridgeError } from "@bridge/core";
import type { MemoryPlatform } from "@bridge/core/memory";
import { backendMutant, type Mutant } from "./mutant.ts";

/** A platform on which every create gets another name; what was made is found again by the names that `known` gives. */
function inventedNames(platform: MemoryPlatform, suffix: () => string, known: Map<string, string>): Partial<MemoryPlatform> {
  const actual = (name: string) => known.get(name) ?? name;
  return {
    create: async (spec) => {
      const name = `${spec.name}-${suffix()}`;
      const machine = await platform.create({ ...spec, name });
      known.set(spec.name, name);
      return machine;
    },
    read: (name) => platform.read(actual(name)), connect: (name) => platform.connect(actual(name)), start: (name) => platform.start(actual(name)),
    destroy: (name) => platform.destroy(actual(name)), waitForChange: (name, ...rest) => platform.waitForChange(actual(name), ...rest),
  };
}

/** Rule 2 broken. */
export const idempotenceMutants: readonly Mutant[] = [
  {
    rule: 2, name: "makes a machine for every call", caughtBy: "ten provisions of one attempt give the same machine",
    make: () => {
      let count = 0;
      return { platform: (platform) => inventedNames(platform, () => String(count++), Object.assign(new Map<string, string>(), { has: () => false })), backend: (backend, _services, platform) => ({
        provision: (grant, envelope, context) => backend.provision(grant, envelope, { ...context, requestKey: context.requestKey, attempt: context.attempt + 1000 * (1 + platform.machines().length) })
          .then((instance) => createInstance({ ...instance, attempt: context.attempt })),
      }) };
    },
  },
  {
    rule: 2, name: "looks first and then creates, with nothing that protects the gap", caughtBy: "provisions of one attempt at once give the same machine",
    make: () => {
      let count = 0;
      const known = new Map<string, string>();
      return { platform: (platform) => inventedNames(platform, () => String(count++), known) };
    },
  },
  {
    rule: 2, name: "remembers its machines in its own process only", caughtBy: "after kill -9 before the machine's id was written down, provision gives the one machine",
    make: () => {
      let count = 0;
      return { platform: (platform) => inventedNames(platform, () => String(count++), new Map()) };
    },
  },
  {
    rule: 2, name: "hands out a machine that was made for something else", caughtBy: "the same attempt with other arguments is a conflict, and the machine lives on",
    make: () => {
      const first = new Map<string, Parameters<Backend["provision"]>>();
      return { backend: (backend) => ({ provision: (grant, envelope, context) => {
        const name = `${context.requestKey}/${context.attempt}`;
        const made = first.get(name) ?? [grant, envelope, context];
        first.set(name, made);
        return backend.provision(made[0], made[1], { ...context, keys: made[2].keys });
      } }) };
    },
  },
  backendMutant(2, "makes an ended attempt's machine anew", "an attempt whose machine has ended is spent", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch((error: unknown) => {
      if (!isBridgeError(error) || error.code !== "attempt_spent") throw error;
      return backend.provision(grant, envelope, { ...context, attempt: context.attempt + 100 });
    }),
  })),
  backendMutant(2, "forgets that an attempt was terminated", "an attempt that was terminated is never made again", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch((error: unknown) => {
      if (!isBridgeError(error) || error.code !== "attempt_spent") throw error;
      throw new BridgeError("unavailable", "the machine is not there yet", { backend: backend.name, operation: "provision", outcome: "unknown" });
    }),
  })),
  backendMutant(2, "has one machine for all attempts at a grant", "the next attempt at the same grant is another machine", (backend) => ({
    provision: async (grant, envelope, context) => backend.provision(grant, envelope, { ...context, attempt: 1 }),
  })),
];
