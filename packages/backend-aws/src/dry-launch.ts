import { randomBytes } from "node:crypto";
import { tagNames } from "@bridge/core/backend";
import type { RunInstancesCommandInput, Subnet } from "./api.ts";
import { marketsOf, type ParsedOptions } from "./config.ts";
import type { ResolvedImage } from "./images.ts";
import { launchRequest } from "./launch-request.ts";

/** The request that a grant would make, of nobody's machine. Without a group, the VPC's own is asked for: ours is not there yet. */
export function dryLaunch({ options, owner, region, machine: { imageId, rootDevice, rootGib, size }, subnet, securityGroupId }: {
  readonly options: ParsedOptions; readonly owner: string; readonly region: string; readonly machine: ResolvedImage & { readonly size: string };
  readonly subnet: Subnet; readonly securityGroupId: string | undefined;
}): RunInstancesCommandInput {
  const { minDiskGib, ipv6, sevSnp, tags } = options;
  const resolved = {
    imageId, rootDevice, zone: subnet.AvailabilityZone ?? "", subnetId: subnet.SubnetId ?? "", securityGroupId: securityGroupId ?? "",
    market: marketsOf(options)[0], diskGib: Math.max(minDiskGib, rootGib), ipv6, sevSnp, tags,
  };
  const request = launchRequest({
    placement: { scope: region, region, size, resolved }, name: "bridge-doctor", token: randomBytes(16).toString("hex"), tags: { [tagNames.owner]: owner }, userData: () => Buffer.from("#cloud-config\n"),
  });
  if (securityGroupId !== undefined) return request;
  return { ...request, NetworkInterfaces: (request.NetworkInterfaces ?? []).map(({ Groups: _ours, ...rest }) => rest) };
}
