import { BridgeError, type ComputeGrant, type Problem } from "@bridge/core";

/** What an issuer, or the owner as a whole, may have at once. Numbers are 0 or more. */
export interface IssuerLimits {
  /** Grants that are not over: also failed ones whose machine is not yet gone. */
  readonly concurrentGrants: number;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  readonly storageGib: number;
  /** From admission to deadline. */
  readonly longestLeaseSeconds: number;
  /** Cores times seconds of lease that are admitted in any 24 hours. */
  readonly coreSecondsPerDay: number;
}

/** Limits of admission. */
export interface Limits {
  /** For issuers without limits of their own. Default: {@link smallLimits}. */
  readonly default?: Partial<IssuerLimits>;
  /** By exact issuer; what is absent is as in `default`. */
  readonly issuers?: Readonly<Record<string, Partial<IssuerLimits>>>;
  /** Over all issuers. Default: ten times {@link smallLimits}. */
  readonly owner?: Partial<IssuerLimits>;
}

/** What an issuer gets of whom nothing was said: 10 grants, 16 cores, 64 GiB, 500 GiB, a day, 100 core-hours a day. */
export const smallLimits: IssuerLimits = {
  concurrentGrants: 10, cpuMillicores: 16_000, ramMib: 65_536, storageGib: 500, longestLeaseSeconds: 86_400, coreSecondsPerDay: 360_000,
};

const ownerDefault: IssuerLimits = {
  concurrentGrants: 100, cpuMillicores: 160_000, ramMib: 655_360, storageGib: 5000, longestLeaseSeconds: 864_000, coreSecondsPerDay: 3_600_000,
};

/** The limits that bind an issuer. */
export const issuerLimits = ({ default: general = {}, issuers = {} }: Limits, issuer: string): IssuerLimits =>
  ({ ...smallLimits, ...general, ...(Object.hasOwn(issuers, issuer) ? issuers[issuer] : {}) });

/** The limits that bind the owner as a whole. */
export const ownerLimits = ({ owner = {} }: Limits): IssuerLimits => ({ ...ownerDefault, ...owner });

/** Limits that are no numbers, by path. */
export function limitProblems(limits: Limits): readonly Problem[] {
  const known = Object.keys(smallLimits);
  const parts = [["default", limits.default], ["owner", limits.owner], ...Object.entries(limits.issuers ?? {}).map(([issuer, own]) => [`issuers["${issuer}"]`, own] as const)] as const;
  return parts.flatMap(([part, values]) => Object.entries(values ?? {}).flatMap(([key, value]) => {
    const path = `limits.${part}.${key}`;
    if (!known.includes(key)) return [{ path, message: `is not known here; known are ${known.join(", ")}` }];
    return typeof value === "number" && value >= 0 ? [] : [{ path, message: "must be a number, 0 or more" }];
  }));
}

/** What is in use, or reserved. */
export interface InUse {
  readonly grants: number;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  readonly storageGib: number;
  readonly coreSeconds: number;
}

/** Core-seconds that a grant may use at most. */
export const leaseCoreSeconds = ({ manifest }: ComputeGrant, leaseSeconds: number): number => (manifest.cpuMillicores / 1000) * leaseSeconds;

/** @throws BridgeError `limit_exceeded` with every limit that the grant would exceed. */
export function requireWithinLimits(grant: ComputeGrant, leaseSeconds: number, parties: readonly { readonly who: string; readonly limits: IssuerLimits; readonly inUse: InUse }[]): void {
  const { cpuMillicores, ramMib, storageGib } = grant.manifest;
  const lines = parties.flatMap(({ who, limits, inUse }) => {
    const over = (name: string, used: number, asked: number, limit: number) =>
      used + asked > limit ? [`  ${who}: ${name}: ${asked} asked, ${used} of ${limit} in use`] : [];
    return [
      ...over("concurrentGrants", inUse.grants, 1, limits.concurrentGrants),
      ...over("cpuMillicores", inUse.cpuMillicores, cpuMillicores, limits.cpuMillicores),
      ...over("ramMib", inUse.ramMib, ramMib, limits.ramMib),
      ...over("storageGib", inUse.storageGib, storageGib, limits.storageGib),
      ...over("longestLeaseSeconds", 0, Math.ceil(leaseSeconds), limits.longestLeaseSeconds),
      ...over("coreSecondsPerDay", Math.ceil(inUse.coreSeconds), Math.ceil(leaseCoreSeconds(grant, leaseSeconds)), limits.coreSecondsPerDay),
    ];
  });
  if (lines.length > 0) throw new BridgeError("limit_exceeded", `the grant exceeds limits:\n${lines.join("\n")}`, { outcome: "none" });
}
