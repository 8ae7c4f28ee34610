import { BridgeError, defineBackend } from "@bridge/core/backend";
import { localPlugin } from "@bridge/backend-local";

/** The local backend on a machine that has no room: every provision is refused, and nothing is made. */
export default defineBackend({
  ...localPlugin,
  create: (options, services) => ({
    ...localPlugin.create(options, services),
    provision: () => Promise.reject(new BridgeError("no_capacity", "there is no room here", { outcome: "none" })),
  }),
});
