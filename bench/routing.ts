/** Routing decisions a second: 16 backends of 64 regions, beside a bare first-match loop and beside hashing the grant. */
import { type BackendPlugin, type ComputeGrant, type ConfiguredBackend, Fleet, requestKeyOf } from "@bridge/core";
import { defineBackend, refusalsByCapabilities } from "@bridge/core/backend";
import { printTable } from "./table.ts";

const backendCount = 16;
const regionCount = 64;
const seconds = 2;

function backend(index: number): ConfiguredBackend {
  const capabilities = {
    regions: Array.from({ length: regionCount }, (_, region) => `b${index}-region-${region}`),
    tdxCapable: index % 2 === 0, maxCpuMillicores: 64_000, maxRamMib: 262_144,
  };
  const never = async () => { throw new Error("routing creates nothing"); };
  const plugin: BackendPlugin<object> = defineBackend({
    contract: 1,
    name: `b${index}`,
    optionsSchema: { "~standard": { version: 1, vendor: "bench", validate: (value) => (typeof value === "object" && value !== null && Object.keys(value).length > 0 ? { issues: [{ message: "unknown key" }] } : { value: {} }) } },
    facts: { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 1, readyTimeoutSeconds: 1, exitCode: "never", deadline: "reaper" },
    create: (_options, { name }) => ({
      name,
      capabilities: async () => capabilities,
      canSatisfy: (grant) => refusalsByCapabilities(grant, capabilities).length === 0,
      explain: (grant) => refusalsByCapabilities(grant, capabilities),
      provision: never, watchUntilExit: never, terminate: never, list: never,
    }),
  });
  return { plugin, options: {} };
}

const now = Math.floor(Date.now() / 1000);
const grantFor = (region: string): ComputeGrant => ({
  requestId: "bench", issuer: "bench", providerId: "bench", validFrom: now - 1, validTo: now + 3600,
  manifest: { cpuMillicores: 1000, ramMib: 1024, storageGib: 10, arch: "amd64", tdx: "none", regions: [region] },
});

async function perSecond(decide: () => unknown): Promise<number> {
  for (let i = 0; i < 200; i++) await decide();
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let i = 0; i < 50; i++) await decide();
    count += 50;
  }
  return count / ((performance.now() - started) / 1000);
}

const fleet = new Fleet({ owner: "bench", masterSecret: "x".repeat(32), backends: Array.from({ length: backendCount }, (_, i) => backend(i)) });
const all = await fleet.capabilities();
const first = grantFor("b0-region-0");
const last = grantFor(`b${backendCount - 1}-region-${regionCount - 1}`);
const bareLoop = () => all.find(([, capabilities]) => refusalsByCapabilities(last, capabilities).length === 0);

const measured = [
  ["bare first-match loop, last backend", await perSecond(bareLoop)],
  ["request key of the grant", await perSecond(() => requestKeyOf("bench", last))],
  ["Fleet.explain, first backend", await perSecond(() => fleet.explain(first))],
  ["Fleet.explain, last backend", await perSecond(() => fleet.explain(last))],
] as const;
const base = measured[0][1];
printTable(`Routing, ${backendCount} backends x ${regionCount} regions`, measured.map(([what, rate]) => ({ what, "decisions/s": rate, "µs each": 1e6 / rate, "time / bare loop": base / rate })));
