import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError, type CallOptions } from "@bridge/core/backend";
import type { AwsApi, Subnet } from "./api.ts";
import type { ParsedOptions } from "./config.ts";
import { Kept } from "./kept.ts";

/** Where machines of one zone go. */
export interface Place {
  readonly zone: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
}

const groupName = "bridge-ssh";

/** Subnets and security groups of the regions, found once for each; the group is the one thing that is made beside machines. */
export class Network {
  readonly #api: AwsApi;
  readonly #options: ParsedOptions;
  readonly #places: Kept<readonly Place[]>;

  constructor(api: AwsApi, options: ParsedOptions, now: () => number) {
    this.#api = api;
    this.#options = options;
    this.#places = new Kept({ now, maxAgeMs: Number.POSITIVE_INFINITY });
  }

  /** The places of a region, one for each subnet, in the order of the options. @throws BridgeError `invalid_option` without any that will do. */
  places(region: string): Promise<readonly Place[]> {
    return this.#places.get(region, (call) => this.#find(region, call));
  }

  async #find(region: string, call: CallOptions): Promise<readonly Place[]> {
    const subnets = await this.subnets(region, call);
    const groups = new Map<string, string>();
    for (const vpcId of new Set(subnets.map(({ VpcId = "" }) => VpcId))) groups.set(vpcId, this.#options.securityGroups?.[region] ?? await this.#group(region, vpcId, call));
    return subnets.map(({ SubnetId: subnetId = "", AvailabilityZone: zone = "", VpcId: vpcId = "" }) => ({ zone, subnetId, securityGroupId: groups.get(vpcId) ?? "" }));
  }

  /** The subnets that machines of a region go to, in order. @throws BridgeError `invalid_option` when there are none. */
  async subnets(region: string, call: CallOptions): Promise<readonly Subnet[]> {
    const wanted = this.#options.subnets?.[region];
    if (wanted === undefined) {
      const subnets = await this.#api.subnets(region, [{ Name: "default-for-az", Values: ["true"] }], call);
      if (subnets.length > 0) return [...subnets].sort((a, b) => ((a.AvailabilityZone ?? "") < (b.AvailabilityZone ?? "") ? -1 : 1));
      throw new BridgeError("invalid_option", `subnets: ${region} has no default VPC; name subnets of it, or make a default VPC with: aws ec2 create-default-vpc --region ${region}`, { outcome: "none" });
    }
    const found = await this.#api.subnets(region, [{ Name: "subnet-id", Values: wanted }], call);
    const missing = wanted.filter((id) => !found.some(({ SubnetId }) => SubnetId === id));
    if (missing.length > 0) throw new BridgeError("invalid_option", `subnets.${region}: there is no ${missing.join(", ")} in this account and region`, { outcome: "none" });
    return wanted.flatMap((id) => found.filter(({ SubnetId }) => SubnetId === id));
  }

  /** The group of a VPC by its name; made when it is missing, also by several processes at once. What was just made EC2 shows a little later. */
  async #group(region: string, vpcId: string, call: CallOptions): Promise<string> {
    for (let pauseMs = firstPauseMs; pauseMs <= longestPauseMs; pauseMs *= 2) {
      const groupId = await this.#openGroup(region, vpcId, call);
      if (groupId !== undefined) return groupId;
      await sleep(pauseMs, undefined, call);
    }
    throw new BridgeError("unavailable", `the security group ${groupName} of ${vpcId} in ${region} was made, but EC2 does not show it`, { outcome: "none", retryable: true });
  }

  /** The group, made and opened if need be: whoever made it may have died before it was open. Undefined: it is there, but not shown yet. */
  async #openGroup(region: string, vpcId: string, call: CallOptions): Promise<string | undefined> {
    const [known] = await this.#api.securityGroups(region, [{ Name: "group-name", Values: [groupName] }, { Name: "vpc-id", Values: [vpcId] }], call);
    let groupId = known?.GroupId;
    try {
      groupId ??= await this.#api.createSecurityGroup(region, { name: groupName, vpcId, tags: this.#options.tags }, call);
      if ((known?.IpPermissions ?? []).length === 0) await this.#api.openPort(region, { groupId, port: 22, ranges: this.#options.sshSourceRanges }, call);
      return groupId;
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name === "InvalidPermission.Duplicate") return groupId;
      if (name === "InvalidGroup.Duplicate" || name === "InvalidGroup.NotFound") return undefined;
      throw error;
    }
  }
}

/** About a minute in all. */
const [firstPauseMs, longestPauseMs] = [250, 32_000];
