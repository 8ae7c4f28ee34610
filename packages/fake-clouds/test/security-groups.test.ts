import {
  AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, DeleteSecurityGroupCommand, DescribeSecurityGroupsCommand, DescribeVpcsCommand, TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { openCloud, refusal } from "./fixtures/open-cloud.ts";

async function openGroups() {
  const cloud = await openCloud();
  const { Vpcs: [vpc] = [] } = await cloud.ec2.send(new DescribeVpcsCommand({}));
  const create = () => cloud.ec2.send(new CreateSecurityGroupCommand({ GroupName: "bridge", Description: "SSH", VpcId: vpc?.VpcId, TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "owner", Value: "o-1" }] }] }));
  return { ...cloud, create };
}
const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "192.0.2.0/24" }] };

test("a name is its VPC's only one", async () => {
  const { create, ec2 } = await openGroups();
  const { GroupId } = await create();
  expect(await refusal(create())).toBe("InvalidGroup.Duplicate 400");
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["bridge"] }, { Name: "tag:owner", Values: ["o-1"] }] }));
  expect(SecurityGroups.map((group) => [group.GroupId, group.IpPermissions])).toEqual([[GroupId, []]]);
});

test("a rule is there once", async () => {
  const { create, ec2 } = await openGroups();
  const { GroupId } = await create();
  const authorize = () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }));
  expect((await authorize()).Return).toBe(true);
  expect(await refusal(authorize())).toBe("InvalidPermission.Duplicate 400");
  const wider = { ...ssh, IpRanges: [{ CidrIp: "198.51.100.0/24" }, ...ssh.IpRanges] };
  expect(await refusal(ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [wider] })))).toBe("InvalidPermission.Duplicate 400");
  expect((await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId ?? ""] }))).SecurityGroups?.[0]?.IpPermissions).toEqual([{ ...ssh, Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] }]);
});

test("a group that was just made is not found for a while", async () => {
  const { create, ec2, run, control } = await openGroups();
  const { GroupId = "" } = await create();
  await control.configure({ readLagSeconds: 10 });
  expect(await refusal(ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] })))).toBe("InvalidGroup.NotFound 400");
  expect(await refusal(run({ SecurityGroupIds: [GroupId] }))).toBe("InvalidGroup.NotFound 400");
  await control.advance(11);
  await run({ SecurityGroupIds: [GroupId] });
});

test("a group cannot go while an interface uses it", async () => {
  const { create, ec2, run, control } = await openGroups();
  const { GroupId = "" } = await create();
  const { InstanceId = "" } = await run({ SecurityGroupIds: [GroupId] });
  expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe("DependencyViolation 400");
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await control.advance(1);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
});
