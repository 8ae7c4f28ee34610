import type { Finding } from "@bridge/core/backend";
import type { SecurityGroup } from "./api.ts";
import type { ParsedOptions } from "./config.ts";

/** Whether the group lets SSH in, from where the options say. An operator's own rules are not changed, so it is for them to mend. */
export function diagnoseSshRules({ GroupId = "", IpPermissions = [] }: SecurityGroup, { sshSourceRanges }: ParsedOptions, region: string): readonly Finding[] {
  const subject = `SSH through ${GroupId} in ${region}`;
  const open = IpPermissions.filter(({ IpProtocol, FromPort = 0, ToPort = 65_535 }) => (IpProtocol === "tcp" || IpProtocol === "-1") && FromPort <= 22 && ToPort >= 22)
    .flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] }) => [...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6), ...PrefixListIds.map(({ PrefixListId }) => PrefixListId), ...UserIdGroupPairs.map((pair) => pair.GroupId)]);
  const mend = `aws ec2 authorize-security-group-ingress --region ${region} --group-id ${GroupId} --protocol tcp --port 22 --cidr ${sshSourceRanges[0]}, and revoke what should not be there`;
  // A new one has no rule until the first machine opens it.
  if (open.length === 0 && IpPermissions.length > 0) return [{ subject, verdict: "failed", message: "its rules let nothing in at port 22", mend }];
  const differs = open.length > 0 && (sshSourceRanges.some((range) => !open.includes(range)) || open.some((range) => !sshSourceRanges.some((wanted) => wanted === range)));
  return differs ? [{ subject, verdict: "warning", message: `port 22 is open to ${open.join(", ")}; sshSourceRanges is ${sshSourceRanges.join(", ")}`, mend }] : [];
}
