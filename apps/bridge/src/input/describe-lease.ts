import { type ComputeGrant, createAlmanac } from "@bridge/core";

/** How long the lease still is, in seconds; from `validFrom` where that is to come. */
export function leaseSecondsOf({ validFrom, validTo }: ComputeGrant): number {
  const almanac = createAlmanac();
  return Math.max(0, (almanac.tickToMs(validTo) - Math.max(Date.now(), almanac.tickToMs(validFrom))) / 1000);
}

/** Seconds as a person says them. */
export function describeSeconds(seconds: number): string {
  const [unit, size] = ([["days", 86_400], ["hours", 3600], ["minutes", 60]] as const).find(([, least]) => seconds >= 2 * least) ?? ["seconds", 1];
  return `${(seconds / size).toFixed(seconds >= 2 * 86_400 || size === 1 ? 0 : 1)} ${unit}`;
}

/** A grant in one line. */
export function describeGrant({ requestId, issuer, manifest, imageDigest }: ComputeGrant): string {
  const { cpuMillicores, ramMib, storageGib, arch, tdx, regions } = manifest;
  const where = regions.length === 0 ? "anywhere" : `in ${regions.join(" or ")}`;
  return `grant ${requestId} of ${issuer}: ${cpuMillicores} millicores, ${ramMib} MiB, ${storageGib} GiB, ${arch}, TDX ${tdx}, ${where}, ${imageDigest ?? "a bare machine"}`;
}
