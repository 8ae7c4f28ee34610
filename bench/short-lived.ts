import { type ConfiguredBackend, createInstance, type Placement, type UsageMetrics } from "@bridge/core";
import { defineBackend, refusalsByCapabilities } from "@bridge/core/backend";
import { noOptions } from "./fake-machines.ts";

const placement: Placement = { scope: "bench", region: "r", size: "s", resolved: {} };
const capabilities = { regions: ["r"], tdxCapable: false, maxCpuMillicores: 64_000, maxRamMib: 262_144 };
const measured = { value: 1, source: "measured" } as const;
const usage: UsageMetrics = { wallSeconds: measured, cpuCoreSeconds: measured, ramMibSeconds: measured, networkRxBytes: measured, networkTxBytes: measured, exit: { reason: "exited", code: 0, source: "measured" } };

/** A backend whose machines end by themselves after so many seconds and leave nothing behind, not even in its own memory. */
export function shortLived(seconds: number): ConfiguredBackend {
  const plugin = defineBackend({
    contract: 1, name: "bench", optionsSchema: noOptions,
    facts: { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 5, readyTimeoutSeconds: 5, exitCode: "always", deadline: "platform" },
    create: (_options, { name, almanac }) => ({
      name,
      capabilities: async () => capabilities,
      canSatisfy: (grant) => refusalsByCapabilities(grant, capabilities).length === 0,
      placements: async () => [placement],
      provision: async (grant, _envelope, context) => {
        const { requestKey, attempt, intentAtMs, keys } = context;
        context.mayCreate();
        const ref = { backend: name, scope: placement.scope, placement, requestKey, attempt, intentAtMs, instanceId: requestKey };
        await context.onCreated(ref);
        await context.onReady(ref);
        return createInstance({
          ...ref, region: "r", publicHost: "127.0.0.1", sshPort: 22, user: "bridge", keyPublic: keys.requesterPublicKey, hostKey: keys.host.publicKey,
          startedAt: almanac.msToTick(Date.now()), providerId: grant.providerId, isolation: "vm", tdx: "none", hostKeyProvenance: "injected",
        });
      },
      watchUntilExit: (_ref, _validTo, { signal } = {}) => new Promise((resolve, reject) => {
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal?.reason as Error); // what AbortController gives
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve(usage);
        }, seconds * 1000);
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
      terminate: async () => {},
      list: async () => ({ scopes: [{ scope: placement.scope, complete: true }], instances: [] }),
    }),
  });
  return { plugin, options: {} };
}
