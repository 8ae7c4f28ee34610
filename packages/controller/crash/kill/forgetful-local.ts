import { BridgeError, defineBackend } from "@bridge/core/backend";
import { localPlugin } from "@bridge/backend-local";

/** The local backend whose provisions make the machine and then time out without saying so: its workload is never started. */
export default defineBackend({
  ...localPlugin,
  create: (options, services) => {
    const inner = localPlugin.create(options, services);
    return {
      ...inner,
      provision: async (grant, envelope, context) => {
        const forgotten = new BridgeError("timeout", "the answer to the create was lost", { outcome: "unknown" });
        try {
          return await inner.provision(grant, envelope, { ...context, onCreated: () => Promise.reject(forgotten) });
        } catch {
          throw forgotten;
        }
      },
    };
  },
});
