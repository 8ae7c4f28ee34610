import { BridgeError, type CallOptions, toBridgeError } from "@bridge/core/backend";
import type { AwsApi, Subnet } from "./api.ts";
import type { ParsedOptions } from "./config.ts";

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
  readonly #places = new Map<string, Promise<readonly Place[]>>();

  constructor(api: AwsApi, options: ParsedOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** The places of a region, one for each subnet, in the order of the options. @throws BridgeError `invalid_option` without any that will do. */
  places(region: string, call: CallOptions): Promise<readonly Place[]> {
    const known = this.#places.get(region);
    if (known !== undefined) return known;
    const places = this.#find(region, call);
    this.#places.set(region, places);
    places.catch(() => this.#places.delete(region));
    return places;
  }

  async #find(region: string, call: CallOptions): Promise<readonly Place[]> {
    const subnets = await this.subnets(region, call);
    const places: Place[] = [];
    for (const { SubnetId: subnetId = "", AvailabilityZone: zone = "", VpcId: vpcId = "" } of subnets) {
      places.push({ zone, subnetId, securityGroupId: this.#options.securityGroups?.[region] ?? await this.#group(region, vpcId, call) });
    }
    return places;
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

  /** Id of the group of a VPC by its name, if there is one. */
  async group(region: string, vpcId: string, call: CallOptions): Promise<string | undefined> {
    return (await this.#api.securityGroups(region, [{ Name: "group-name", Values: [groupName] }, { Name: "vpc-id", Values: [vpcId] }], call))[0]?.GroupId;
  }

  /** The group of a VPC by its name; made when it is missing, also by several processes at once. */
  async #group(region: string, vpcId: string, call: CallOptions): Promise<string> {
    const find = () => this.group(region, vpcId, call);
    const known = await find();
    if (known !== undefined) return known;
    try {
      const groupId = await this.#api.createSecurityGroup(region, { name: groupName, vpcId, tags: this.#options.tags }, call);
      await this.#api.openPort(region, { groupId, port: 22, ranges: this.#options.sshSourceRanges }, call);
      return groupId;
    } catch (error) {
      // Another process was faster.
      const made = isDuplicate(error) ? await find() : undefined;
      if (made !== undefined) return made;
      throw isDuplicate(error) ? toBridgeError(error, { retryable: true }) : error;
    }
  }
}

const isDuplicate = (error: unknown): boolean => error instanceof Error && error.name === "InvalidGroup.Duplicate";
