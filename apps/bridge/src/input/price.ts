import type { ComputeManifest, Rates } from "@bridge/core";

/** What the whole lease costs at these rates, by the size that the grant permits. */
export function priceOfLease({ cpuMillicores, ramMib }: ComputeManifest, leaseSeconds: number, { currency, cpuCoreHour, ramGibHour }: Rates): { readonly amount: number; readonly currency: string } {
  const hours = leaseSeconds / 3600;
  return { amount: hours * ((cpuMillicores / 1000) * cpuCoreHour + (ramMib / 1024) * ramGibHour), currency };
}
