import type { DescribeSubnetsRequest, DescribeSubnetsResult, DescribeVpcsRequest, DescribeVpcsResult } from "@aws-sdk/client-ec2";
import { action } from "../action.ts";
import { listThings, nextToken, tagList } from "./list-request.ts";

/** The account's VPCs. */
export const describeVpcs = action<DescribeVpcsRequest, DescribeVpcsResult>({
  understands: ["VpcIds", "Filters", "MaxResults", "NextToken"],
  run: (call, request) => {
    const page = listThings(call, call.world.vpcs, {
      request, ids: request.VpcIds, words: { prefix: "vpc", code: "InvalidVpcID", noun: "vpc" },
      fields: { "vpc-id": ({ id }) => id, "is-default": ({ isDefault }) => String(isDefault), "isDefault": ({ isDefault }) => String(isDefault), "cidr": ({ cidr }) => cidr, "state": () => "available" },
    });
    return {
      Vpcs: page.items.map(({ id, cidr, isDefault, tags }) => ({ VpcId: id, CidrBlock: cidr, IsDefault: isDefault, State: "available", OwnerId: call.world.accountId, InstanceTenancy: "default", Tags: tagList(tags) })),
      ...nextToken(page),
    };
  },
});

/** The account's subnets. */
export const describeSubnets = action<DescribeSubnetsRequest, DescribeSubnetsResult>({
  understands: ["SubnetIds", "Filters", "MaxResults", "NextToken"],
  run: (call, request) => {
    const page = listThings(call, call.world.subnets, {
      request, ids: request.SubnetIds, words: { prefix: "subnet", code: "InvalidSubnetID", noun: "subnet" },
      fields: {
        "subnet-id": ({ id }) => id, "vpc-id": ({ vpcId }) => vpcId, "availability-zone": ({ zone }) => zone, "availabilityZone": ({ zone }) => zone, "state": () => "available",
        "default-for-az": ({ isDefault }) => String(isDefault), "defaultForAz": ({ isDefault }) => String(isDefault), "map-public-ip-on-launch": ({ mapPublicIpOnLaunch }) => String(mapPublicIpOnLaunch), "cidr-block": ({ cidr }) => cidr,
      },
    });
    return {
      Subnets: page.items.map(({ id, vpcId, zone, cidr, isDefault, mapPublicIpOnLaunch, freeAddresses, ipv6Cidr, tags }) => ({
        SubnetId: id, VpcId: vpcId, AvailabilityZone: zone, CidrBlock: cidr, DefaultForAz: isDefault, MapPublicIpOnLaunch: mapPublicIpOnLaunch, AvailableIpAddressCount: freeAddresses,
        State: "available", OwnerId: call.world.accountId, AssignIpv6AddressOnCreation: false, Tags: tagList(tags),
        Ipv6CidrBlockAssociationSet: ipv6Cidr === undefined ? [] : [{ AssociationId: id.replace("subnet", "subnet-cidr-assoc"), Ipv6CidrBlock: ipv6Cidr, Ipv6CidrBlockState: { State: "associated" } }],
      })),
      ...nextToken(page),
    };
  },
});
