import type { IpPermission } from "@aws-sdk/client-ec2";
import type { Instance } from "./instance.ts";
import type { World } from "./world.ts";

const sshPort = 22;

/** Whether any group of an instance lets somebody in to the port of SSH. From where is not looked at: the fake is on loopback. */
export function admitsSsh(world: World, { interfaceId }: Instance): boolean {
  const groupIds = world.interfaces.get(interfaceId ?? "")?.groupIds ?? [];
  return groupIds.some((id) => (world.groups.get(id)?.permissions ?? []).some(opensSsh));
}

function opensSsh({ IpProtocol, FromPort = 0, ToPort = 65_535, IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission): boolean {
  const open = IpProtocol === "-1" || ((IpProtocol === "tcp" || IpProtocol === "6") && FromPort <= sshPort && ToPort >= sshPort);
  return open && IpRanges.length + Ipv6Ranges.length + PrefixListIds.length > 0;
}
