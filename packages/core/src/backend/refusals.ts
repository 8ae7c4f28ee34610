import type { Capabilities, Refusal } from "./v1.ts";
import type { ComputeGrant } from "./words.ts";

/** The largest of a size that any of the grant's regions offers. */
function most(capabilities: Capabilities, regions: readonly string[], size: "maxCpuMillicores" | "maxRamMib" | "maxStorageGib"): number {
  const general = capabilities[size] ?? Number.POSITIVE_INFINITY;
  return Math.max(0, ...regions.map((region) => capabilities.byRegion?.[region]?.[size] ?? general));
}

/**
 * What speaks against a grant by capabilities alone: region, TDX, architecture, CPU, memory, storage. Empty: nothing. A
 * grant is refused unless one of its regions can serve all of it.
 */
export function refusalsByCapabilities(grant: ComputeGrant, capabilities: Capabilities): readonly Refusal[] {
  const { cpuMillicores, ramMib, storageGib, arch, tdx, regions: wanted } = grant.manifest;
  const offered = capabilities.regions.filter((region) => wanted.length === 0 || wanted.includes(region));
  if (offered.length === 0) {
    const asked = wanted.length === 0 ? "any region" : wanted.join(", ");
    return [{ reason: "region", message: `wants ${asked}; offered ${capabilities.regions.length === 0 ? "is none" : `are ${capabilities.regions.join(", ")}`}` }];
  }
  const tdxRegions = offered.filter((region) => capabilities.byRegion?.[region]?.tdxCapable ?? capabilities.tdxCapable);
  const regions = tdx === "required" ? tdxRegions : offered;
  const refusals: Refusal[] = [];
  if (regions.length === 0) refusals.push({ reason: "tdx", message: "requires Intel TDX; not capable of it" });
  const architectures = capabilities.architectures ?? ["amd64"];
  if (!architectures.includes(arch)) refusals.push({ reason: "arch", message: `wants ${arch}; offered are ${architectures.join(", ")}` });
  const among = regions.length === 0 ? offered : regions;
  const tooSmall = (reason: Refusal["reason"], want: number, have: number, unit: string) => {
    if (want > have) refusals.push({ reason, message: `wants ${want} ${unit}; at most ${have}` });
  };
  tooSmall("cpu", cpuMillicores, most(capabilities, among, "maxCpuMillicores"), "millicores");
  tooSmall("ram", ramMib, most(capabilities, among, "maxRamMib"), "MiB");
  tooSmall("storage", storageGib, most(capabilities, among, "maxStorageGib"), "GiB");
  if (refusals.length > 0) return refusals;
  const whole = among.some((region) => (["maxCpuMillicores", "maxRamMib", "maxStorageGib"] as const).every((size) =>
    ({ maxCpuMillicores: cpuMillicores, maxRamMib: ramMib, maxStorageGib: storageGib })[size] <= most(capabilities, [region], size)));
  return whole ? [] : [{ reason: "region", message: `no single region of ${among.join(", ")} offers all of CPU, memory and storage` }];
}
