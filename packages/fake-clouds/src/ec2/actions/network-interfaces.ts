import type { DeleteNetworkInterfaceRequest, DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action, type Call } from "../action.ts";
import type { NetworkInterface } from "../things.ts";
import { findById } from "./find-by-id.ts";
import { listThings, nextToken, tagList } from "./list-request.ts";

const words = { prefix: "eni", code: "InvalidNetworkInterfaceID", noun: "networkInterface" } as const;
const statusOf = ({ attachedTo }: NetworkInterface) => (attachedTo === undefined ? "available" as const : "in-use" as const);

/** The account's network interfaces, attached or left over. */
export const describeNetworkInterfaces = action<DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult>({
  understands: ["NetworkInterfaceIds", "Filters", "MaxResults", "NextToken"],
  run: (call, request) => {
    const { world } = call;
    const page = listThings(call, world.interfaces, {
      request, ids: request.NetworkInterfaceIds, words,
      fields: {
        "network-interface-id": ({ id }) => id, "status": statusOf, "attachment.instance-id": ({ attachedTo }) => attachedTo, "subnet-id": ({ subnetId }) => subnetId,
        "vpc-id": ({ vpcId }) => vpcId, "group-id": ({ groupIds }) => groupIds, "availability-zone": ({ zone }) => zone,
      },
    });
    return {
      NetworkInterfaces: page.items.map((each) => ({
        NetworkInterfaceId: each.id, SubnetId: each.subnetId, VpcId: each.vpcId, AvailabilityZone: each.zone, OwnerId: world.accountId, Status: statusOf(each), InterfaceType: "interface",
        PrivateIpAddress: each.privateAddress, TagSet: tagList(each.tags), Groups: each.groupIds.map((id) => ({ GroupId: id, GroupName: world.groups.get(id)?.name ?? "" })),
        ...(each.attachedTo === undefined ? {} : { Attachment: { InstanceId: each.attachedTo, DeviceIndex: 0, Status: "attached" } }),
      })),
      ...nextToken(page),
    };
  },
});

function find({ world, viewMs }: Call, { NetworkInterfaceId = "" }: DeleteNetworkInterfaceRequest): void {
  const [found] = findById([NetworkInterfaceId], (id) => [world.interfaces.get(id)].find((each) => (each?.createdAtMs ?? Number.POSITIVE_INFINITY) <= viewMs), words);
  if (found?.attachedTo !== undefined) throw new AwsError("InvalidParameterValue", `Network interface '${NetworkInterfaceId}' is currently in use.`);
}

/** Removes an interface that is attached to nothing. */
export const deleteNetworkInterface = action<DeleteNetworkInterfaceRequest, object>({
  understands: ["NetworkInterfaceId"],
  check: find,
  run: (call, request) => {
    find(call, request);
    call.world.interfaces.delete(request.NetworkInterfaceId ?? "");
    return {};
  },
});
