import type { DescribeAddressesRequest, DescribeAddressesResult, ReleaseAddressRequest } from "@aws-sdk/client-ec2";
import { action, type Call } from "../action.ts";
import { select } from "../filters.ts";
import { findById } from "./find-by-id.ts";
import { tagList } from "./list-request.ts";

const words = { prefix: "eipalloc", code: "InvalidAllocationID", noun: "allocation" } as const;

/** The account's Elastic IP addresses. */
export const describeAddresses = action<DescribeAddressesRequest, DescribeAddressesResult>({
  understands: ["AllocationIds", "PublicIps", "Filters"],
  run: ({ world, viewMs }, { AllocationIds, PublicIps, Filters }) => {
    const visible = [...world.addresses.values()].filter(({ createdAtMs }) => createdAtMs <= viewMs);
    const named = AllocationIds === undefined ? visible : findById(AllocationIds, (id) => visible.find((each) => each.id === id), words);
    const passed = select(named.filter(({ address }) => PublicIps?.includes(address) ?? true), Filters, { "allocation-id": ({ id }) => id, "public-ip": ({ address }) => address, "domain": () => "vpc" }, ({ tags }) => tags);
    return { Addresses: passed.map(({ id, address, tags }) => ({ AllocationId: id, PublicIp: address, Domain: "vpc", Tags: tagList(tags) })) };
  },
});

const find = ({ world }: Call, { AllocationId = "" }: ReleaseAddressRequest): void => void findById([AllocationId], (id) => world.addresses.get(id), words);

/** Gives an address back. */
export const releaseAddress = action<ReleaseAddressRequest, object>({
  understands: ["AllocationId"],
  check: find,
  run: (call, request) => {
    find(call, request);
    call.world.addresses.delete(request.AllocationId ?? "");
    return {};
  },
});
