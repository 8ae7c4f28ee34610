import { type ConfiguredBackend, createInstance, type OptionsSchema, type Placement, requestKeyOf } from "@bridge/core";
import { encodeTags } from "@bridge/core/backend";
import { defineMachineBackend, type RawMachine } from "@bridge/backend-kit";
import { openLedger } from "@bridge/controller";
import { common, grantOf } from "./controller-parts.ts";

const scope = "bench";
const placement: Placement = { scope, region: "r", size: "s", resolved: { image: "image-1" } };
export const pageSize = 1000;

/** Refuses every key. */
export const noOptions: OptionsSchema<object> = { "~standard": { version: 1, vendor: "bench", validate: (value) => (typeof value === "object" && value !== null && Object.keys(value).length > 0 ? { issues: [{ message: "unknown key" }] } : { value: {} }) } };

const keyOf = (i: number): string => requestKeyOf(common.owner, grantOf(i));

/** A ledger as a process leaves it that had so many grants running. Returns its id. */
export async function fillLedger(file: string, count: number): Promise<string> {
  const ledger = await openLedger({ file, ...common });
  const nowMs = Date.now();
  const { owner: ownerLimits } = common.limits;
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    const grant = grantOf(i);
    const [requestKey, deadlineMs] = [keyOf(i), grant.validTo * 1000];
    const ref = { backend: "bench", scope, placement, requestKey, attempt: 1, intentAtMs: nowMs, instanceId: `i-${i}` };
    const instance = createInstance({ ...ref, region: "r", publicHost: "127.0.0.1", sshPort: 22, user: "bridge", keyPublic: `ssh-ed25519 ${"A".repeat(68)}`, hostKey: `ssh-ed25519 ${"A".repeat(68)}`, startedAt: grant.validFrom, providerId: "bench", isolation: "vm", tdx: "none", hostKeyProvenance: "injected" });
    await ledger.commit({ kind: "accept", requestKey, grant, envelopeMac: "1.mac", envelopeBox: "box", deadlineMs, atMs: nowMs, issuerLimits: ownerLimits, ownerLimits });
    await ledger.commit({ kind: "intend", requestKey, record: { requestKey, attempt: 1, backend: "bench", placement, intentAtMs: nowMs, deadlineMs, salt: "A".repeat(44), keyVersion: 1 }, routing: [] });
    await ledger.commit({ kind: "run", requestKey, attempt: 1, instance, receipt: `hpke.${"A".repeat(900)}`, routing: [{ backend: "bench", placement, attempt: 1, verdict: "served", reason: "ok", milliseconds: 1 }] });
  }));
  await ledger.close();
  return ledger.ledgerId;
}

/** A backend of the kit on a platform that lists the machines of that ledger, a page at a time, in fresh objects; counts its calls. */
export function fakeMachines(ledgerId: string, count: number, { pollSeconds }: { readonly pollSeconds: number }): { readonly backend: ConfiguredBackend; readonly calls: () => number } {
  let calls = 0;
  const machineOf = (i: number): RawMachine => ({
    id: `i-${i}`, region: "r", state: "running", host: "127.0.0.1", createdAtMs: Date.now(), cpuMillicores: 1000, ramMib: 1024,
    tags: encodeTags({ owner: common.owner, ledgerId, backend: "bench", requestKey: keys[i] ?? "", attempt: 1, deadlineMs: grantOf(i).validTo * 1000 }),
  });
  const keys = Array.from({ length: count }, (_, i) => keyOf(i));
  const plugin = defineMachineBackend({
    name: "bench", optionsSchema: noOptions, isolation: "vm", pollSeconds,
    facts: { idempotency: "name", settleSeconds: 30, createTimeoutSeconds: 60, readyTimeoutSeconds: 60, exitCode: "never", deadline: "reaper" },
    connect: () => ({
      scopes: async () => [scope],
      capabilities: async () => ({ regions: ["r"], tdxCapable: false, maxCpuMillicores: 1, maxRamMib: 1 }),
      placements: async () => [],
      create: async () => { throw new Error("creates nothing"); },
      list: async () => {
        const machines: RawMachine[] = [];
        for (let start = 0; start === 0 || start < count; start += pageSize) {
          calls += 1;
          for (let i = start; i < Math.min(count, start + pageSize); i++) machines.push(machineOf(i));
          await new Promise(setImmediate);
        }
        return machines;
      },
      destroy: async () => { throw new Error("nothing is to be ended"); },
      mapError: () => undefined,
    }),
  });
  return { backend: { plugin, options: {} }, calls: () => calls };
}
