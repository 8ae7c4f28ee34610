import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError, type CallOptions, toBridgeError } from "@bridge/core/backend";
import type { AwsApi, SecurityGroup, Subnet } from "./api.ts";
import type { ParsedOptions } from "./config.ts";
import { Kept } from "./kept.ts";

/** Where machines of one zone go. */
export interface Place {
  readonly zone: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
}

const groupName = "bridge-ssh";

/** Subnets and groups change rarely. */
const maxAgeMs = 3_600_000;

/** Subnets and security groups of the regions, looked for at most hourly; the group is the one thing that is made beside machines. */
export class Network {
  readonly #api: AwsApi;
  readonly #options: ParsedOptions;
  readonly #places: Kept<readonly Place[]>;

  constructor(api: AwsApi, options: ParsedOptions, now: () => number) {
    this.#api = api;
    this.#options = options;
    this.#places = new Kept({ now, maxAgeMs });
  }

  /** The places of a region, one for each subnet, in the order of the options. @throws BridgeError `invalid_option` without any that will do. */
  places(region: string): Promise<readonly Place[]> {
    return this.#places.get(region, (call) => this.#find(region, call));
  }

  /** What is known of a region is not true any more. */
  forget(region: string): void {
    this.#places.forget(region);
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

  /** The group of a VPC by its name, if there is one. */
  async group(region: string, vpcId: string, call: CallOptions): Promise<SecurityGroup | undefined> {
    return (await this.#api.securityGroups(region, [{ Name: "group-name", Values: [groupName] }, { Name: "vpc-id", Values: [vpcId] }], call))[0];
  }

  /**
   * The group of a VPC by its name, open; made when it is missing, also by several processes at once. A group without any rule was left
   * so by a process that died between making and opening it; rules of the operator's stay.
   */
  async #group(region: string, vpcId: string, call: CallOptions): Promise<string> {
    const startedMs = performance.now();
    for (let pauseMs = 0; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2 + 250)) {
      const group = await this.group(region, vpcId, call);
      if (group?.GroupId !== undefined && (group.IpPermissions ?? []).length > 0) return group.GroupId;
      try {
        const groupId = group?.GroupId ?? await this.#api.createSecurityGroup(region, { name: groupName, vpcId, tags: { Name: groupName, ...this.#options.tags } }, call);
        await this.#api.openPort(region, { groupId, port: 22, ranges: this.#options.sshSourceRanges }, call);
      } catch (error) {
        if (!isSettling(error)) throw error;
        if (performance.now() - startedMs > settleMs) throw toBridgeError(error, { retryable: true, outcome: "none" });
      }
      await sleep(pauseMs, undefined, call);
    }
  }
}

/** https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html: what was just made may not be there yet for another call. */
const settleMs = 60_000;
const longestPauseMs = 5000;

/** Another process was faster, the answer to our own request was lost, or what was made does not show yet. */
const isSettling = (error: unknown): boolean => error instanceof Error && /^Invalid(Group\.(Duplicate|NotFound)|Permission\.Duplicate)$/.test(error.name);
