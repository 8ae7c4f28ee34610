import type { RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { SecurityGroup, Subnet } from "../things.ts";
import type { World } from "../world.ts";

/** Where instances go in the network. */
export interface NetworkChoice {
  /** Undefined: the platform picks one of the default subnets. */
  readonly subnet: Subnet | undefined;
  readonly groups: readonly SecurityGroup[];
  /** Undefined: as the subnet has it. */
  readonly publicAddress: boolean | undefined;
  readonly ipv6Count: number;
  readonly deleteInterface: boolean;
}

/**
 * Reads subnet, groups and addresses, which stand at the top of a request or in its one network interface.
 *
 * @throws AwsError for what is not there, does not belong together, or is given in both places.
 */
export function chooseNetwork(world: World, { NetworkInterfaces, SubnetId, SecurityGroupIds, Ipv6AddressCount, Placement }: RunInstancesRequest, visible: (thing: SecurityGroup) => boolean): NetworkChoice {
  const [networkInterface, ...others] = NetworkInterfaces ?? [];
  if (others.length > 0) throw new AwsError("InvalidParameterCombination", "The fake makes instances with one network interface.");
  if (networkInterface !== undefined) {
    if (SubnetId !== undefined) throw new AwsError("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request");
    if (SecurityGroupIds !== undefined) throw new AwsError("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request");
    if (Ipv6AddressCount !== undefined) throw new AwsError("InvalidParameterCombination", "Network interfaces and an instance-level ipv6 address count may not be specified on the same request");
    if (networkInterface.DeviceIndex !== 0) throw new AwsError("InvalidParameterValue", "Each network interface requires a device index.");
  }
  const asked = networkInterface ?? { SubnetId, Groups: SecurityGroupIds, Ipv6AddressCount };
  const subnet = subnetOf(world, asked.SubnetId, Placement?.AvailabilityZone);
  const ipv6Count = asked.Ipv6AddressCount ?? 0;
  if (ipv6Count > 0 && subnet?.ipv6Cidr === undefined) throw new AwsError("InvalidParameterValue", "The subnet does not have an IPv6 CIDR block.");
  const vpcId = subnet?.vpcId ?? [...world.vpcs.values()].find(({ isDefault }) => isDefault)?.id;
  return {
    subnet, ipv6Count, groups: groupsOf(world, asked.Groups, vpcId, visible),
    publicAddress: networkInterface?.AssociatePublicIpAddress, deleteInterface: networkInterface?.DeleteOnTermination ?? true,
  };
}

function subnetOf(world: World, subnetId: string | undefined, zone: string | undefined): Subnet | undefined {
  if (zone !== undefined && !world.zones.includes(zone)) throw new AwsError("InvalidParameterValue", `Invalid availability zone: [${zone}]`);
  if (subnetId === undefined) {
    const defaults = [...world.subnets.values()].filter(({ isDefault }) => isDefault);
    if (defaults.length === 0) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
    return zone === undefined ? undefined : defaults.find((subnet) => subnet.zone === zone);
  }
  const subnet = world.subnets.get(subnetId);
  if (subnet === undefined) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${subnetId}' does not exist`);
  if (zone !== undefined && subnet.zone !== zone) throw new AwsError("InvalidParameterValue", `The availability zone ${zone} is not that of the subnet ${subnetId}.`);
  return subnet;
}

function groupsOf(world: World, groupIds: readonly string[] | undefined, vpcId: string | undefined, visible: (thing: SecurityGroup) => boolean): readonly SecurityGroup[] {
  const ids = groupIds ?? [...world.groups.values()].filter((group) => group.vpcId === vpcId && group.name === "default").map(({ id }) => id);
  return ids.map((id) => {
    const group = world.groups.get(id);
    if (group === undefined || !visible(group)) throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    if (group.vpcId !== vpcId) throw new AwsError("InvalidParameter", `Security group ${id} and subnet belong to different networks.`);
    return group;
  });
}
