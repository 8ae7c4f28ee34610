import { createHash } from "node:crypto";
import { regions } from "./catalog.ts";
import type { Instance } from "./instance.ts";
import type { ElasticAddress, NetworkInterface, SecurityGroup, Subnet, Volume, Vpc } from "./things.ts";

/** What a client token was used for. */
export interface TokenUse {
  /** The request without its token, as text. */
  readonly parameters: string;
  readonly instances: readonly Instance[];
}

/** Everything that one account has in one region. */
export class World {
  readonly accountId: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly vpcs = new Map<string, Vpc>();
  readonly subnets = new Map<string, Subnet>();
  readonly groups = new Map<string, SecurityGroup>();
  /** As they are listed: terminated ones leave after an hour. */
  readonly instances = new Map<string, Instance>();
  readonly volumes = new Map<string, Volume>();
  readonly interfaces = new Map<string, NetworkInterface>();
  readonly addresses = new Map<string, ElasticAddress>();
  /** By scope and token: `eu-west-1a token`, `* token`. */
  readonly tokens = new Map<string, TokenUse>();
  /** All that were ever made. */
  readonly made: Instance[] = [];
  #sequence = 0;

  constructor(accountId: string, region: string, { hasDefaultVpc, atMs }: { readonly hasDefaultVpc: boolean; readonly atMs: number }) {
    this.accountId = accountId;
    this.region = region;
    this.zones = regions[region]?.zones ?? [];
    if (hasDefaultVpc) this.addVpc({ cidr: "172.31.0.0/16", isDefault: true, atMs });
  }

  /** A new id and the place in lists that goes with it. */
  next(prefix: string): { readonly id: string; readonly sequence: number } {
    this.#sequence += 1;
    const digits = createHash("sha256").update(`${this.accountId}/${this.region}/${this.#sequence}`).digest("hex").slice(0, 16);
    return { id: `${prefix}-0${digits}`, sequence: this.#sequence };
  }

  /** A VPC with its default group; the default one also has a subnet in each zone, with public addresses. */
  addVpc({ cidr, isDefault, atMs }: { readonly cidr: string; readonly isDefault: boolean; readonly atMs: number }): Vpc {
    const vpc: Vpc = { ...this.next("vpc"), cidr, isDefault, tags: {}, createdAtMs: atMs };
    this.vpcs.set(vpc.id, vpc);
    const group: SecurityGroup = { ...this.next("sg"), vpcId: vpc.id, name: "default", description: "default VPC security group", permissions: [], tags: {}, createdAtMs: atMs };
    this.groups.set(group.id, group);
    if (isDefault) for (const [index, zone] of this.zones.entries()) this.addSubnet({ vpcId: vpc.id, zone, cidr: `172.31.${index * 16}.0/20`, isDefault, mapPublicIpOnLaunch: true, freeAddresses: 4091, atMs });
    return vpc;
  }

  addSubnet({ atMs, ...subnet }: Omit<Subnet, "id" | "sequence" | "tags" | "createdAtMs"> & { readonly atMs: number }): Subnet {
    const made: Subnet = { ...this.next("subnet"), tags: {}, createdAtMs: atMs, ...subnet };
    this.subnets.set(made.id, made);
    return made;
  }
}
