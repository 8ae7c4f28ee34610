import { BridgeError } from "@bridge/core";
import { backendMutant, type Mutant } from "./mutant.ts";

/** Rule 1 broken. */
export const createMutants: readonly Mutant[] = [
  {
    rule: 1, name: "sends two creates to be sure", caughtBy: "one provision makes one machine, by asking once",
    make: () => ({ platform: (platform) => ({ create: async (spec) => {
      await platform.create({ ...spec, name: `${spec.name}-spare` });
      return platform.create(spec);
    } }) }),
  },
  backendMutant(1, "creates without permission", "mayCreate that throws keeps the create from being sent", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, { ...context, mayCreate: () => {
      try {
        context.mayCreate();
      } catch { /* and creates all the same */ }
    } }),
  })),
  {
    rule: 1, name: "awaits something between the permission and the create", caughtBy: "mayCreate is called in the same synchronous step as the create request",
    make: () => ({ platform: (platform) => ({ create: async (spec) => {
      await Promise.resolve();
      return platform.create(spec);
    } }) }),
  },
  {
    rule: 1, name: "retries a create that was not answered", caughtBy: "a create that was never answered is not sent again by itself",
    make: () => ({ platform: (platform) => ({ create: (spec) => platform.create(spec).catch((error: unknown) => {
      if (error instanceof BridgeError && error.outcome === "none") throw error;
      return platform.create(spec);
    }) }) }),
  },
  {
    rule: 1, name: "forgets a create whose answer was lost", caughtBy: "a create whose answer was lost is adopted",
    make: () => {
      const lost = new Set<string>();
      const renamed = (name: string) => (lost.has(name) ? `${name}-again` : name);
      return { platform: (platform) => ({
        create: (spec) => platform.create({ ...spec, name: renamed(spec.name) }).catch((error: unknown) => {
          lost.add(spec.name);
          throw error;
        }),
        read: (name) => platform.read(renamed(name)), connect: (name) => platform.connect(renamed(name)), start: (name) => platform.start(renamed(name)),
        destroy: (name) => platform.destroy(renamed(name)), waitForChange: (name, ...rest) => platform.waitForChange(renamed(name), ...rest),
      }) };
    },
  },
];
