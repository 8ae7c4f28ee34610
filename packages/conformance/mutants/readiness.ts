import { BridgeError, createInstance } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import { backendMutant, type Mutant } from "./mutant.ts";

/** Rules 3 and 4 broken. */
export const readinessMutants: readonly Mutant[] = [
  {
    rule: 3, name: "takes an open port for a machine that is ready", caughtBy: "a machine that shows only a banner is never ready",
    make: () => ({ platform: (platform) => ({ connect: async (name) => (await platform.read(name)).machine?.spec.hostKey }) }),
  },
  {
    rule: 3, name: "believes any host key", caughtBy: "a machine that shows another host key is never ready",
    make: () => ({ platform: (platform) => ({ connect: async (name) => {
      const shown = await platform.connect(name);
      return shown === undefined ? undefined : (await platform.read(name)).machine?.spec.hostKey;
    } }) }),
  },
  {
    rule: 3, name: "gives up at the first other host key", caughtBy: "a host key that is late is waited for",
    make: () => ({ platform: (platform) => ({ connect: async (name) => {
      const shown = await platform.connect(name);
      const own = (await platform.read(name)).machine?.spec.hostKey;
      if (shown !== undefined && shown !== own) throw new BridgeError("host_key_mismatch", "another host key");
      return shown;
    } }) }),
  },
  backendMutant(3, "waits for ever for a machine that is gone", "a machine that dies before it is ready fails, and does not hang", (backend, _services, platform) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, context).catch((error: unknown) => {
      if (error instanceof BridgeError && error.code === "unavailable" && platform.machines().length === 0) return new Promise<never>(() => {});
      throw error;
    }),
  })),
  backendMutant(3, "hands out another host key than the machine's", "SSH answers with the host key of the handle in the moment in which provision resolves", (backend) => ({
    provision: async (grant, envelope, context) => createInstance({ ...await backend.provision(grant, envelope, context), hostKey: generateSshKeyPair().publicKey, hostKeyProvenance: "platform" }),
  }), "kit"),
  backendMutant(4, "starts the workload before it is written down", "the workload does not start before onReady has resolved", (backend, _services, platform) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, { ...context, onReady: async (ref) => {
      await platform.start(`bridge-${context.requestKey}-${context.attempt}`);
      await context.onReady(ref);
    } }),
  })),
  backendMutant(4, "starts though it could not be written down", "onReady that throws keeps the workload from starting", (backend) => ({
    provision: (grant, envelope, context) => backend.provision(grant, envelope, { ...context, onReady: (ref) => context.onReady(ref).catch(() => {}) }),
  })),
  {
    rule: 4, name: "starts the workload with every provision", caughtBy: "ten provisions of one attempt start its workload once",
    make: () => {
      const starts = new Map<string, number>();
      return {
        platform: (platform) => ({ start: async (name) => {
          starts.set(name, (starts.get(name) ?? 0) + 1);
          return platform.start(name);
        } }),
        subject: (subject) => ({ ...subject, controls: { ...subject.controls, starts: ({ requestKey, attempt }) => starts.get(`bridge-${requestKey}-${attempt}`) ?? 0 } }),
      };
    },
  },
  backendMutant(4, "tells of the machine only when it is ready", "onCreated comes before onReady, and both carry the machine's ref", (backend) => ({
    provision: async (grant, envelope, context) => {
      const instance = await backend.provision(grant, envelope, { ...context, onCreated: async () => {} });
      await context.onCreated(instance);
      return instance;
    },
  })),
];
