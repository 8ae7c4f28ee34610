import type {
  AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResult, CreateSecurityGroupRequest, CreateSecurityGroupResult, DeleteSecurityGroupRequest,
  DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult, IpPermission, SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action, type Call } from "../action.ts";
import { readTags } from "../launch/tag-rules.ts";
import type { SecurityGroup } from "../things.ts";
import { findById } from "./find-by-id.ts";
import { listThings, nextToken, tagList } from "./list-request.ts";

const words = { prefix: "sg", code: "InvalidGroup", noun: "security group" } as const;

function groupOf({ world, viewMs }: Call, id = ""): SecurityGroup {
  const visible = (groupId: string) => [world.groups.get(groupId)].find((group) => (group?.createdAtMs ?? Number.POSITIVE_INFINITY) <= viewMs);
  const [group] = findById([id], visible, words);
  if (group === undefined) throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
  return group;
}

/** With the lists that EC2 tells also when they are empty. */
const whole = (permission: IpPermission): IpPermission => ({ IpRanges: [], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [], ...permission });

/** The account's security groups. */
export const describeSecurityGroups = action<DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult>({
  understands: ["GroupIds", "Filters", "MaxResults", "NextToken"],
  run: (call, request) => {
    const page = listThings(call, call.world.groups, {
      request, ids: request.GroupIds, words,
      fields: { "group-id": ({ id }) => id, "group-name": ({ name }) => name, "vpc-id": ({ vpcId }) => vpcId, "description": ({ description }) => description },
    });
    return {
      SecurityGroups: page.items.map(({ id, name, vpcId, description, permissions, tags }) => ({
        GroupId: id, GroupName: name, VpcId: vpcId, Description: description, OwnerId: call.world.accountId, IpPermissions: permissions.map(whole),
        IpPermissionsEgress: [whole({ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] })], Tags: tagList(tags),
      })),
      ...nextToken(page),
    };
  },
});

/** Makes a group; its name is its VPC's only one. */
export const createSecurityGroup = action<CreateSecurityGroupRequest, CreateSecurityGroupResult>({
  understands: ["GroupName", "Description", "VpcId", "TagSpecifications"],
  check: ({ world }, { GroupName = "", VpcId = "" }) => {
    if (!world.vpcs.has(VpcId)) throw new AwsError("InvalidVpcID.NotFound", `The vpc ID '${VpcId}' does not exist`);
    if (GroupName.startsWith("sg-")) throw new AwsError("InvalidParameterValue", "Group names may not begin with sg-.");
    if ([...world.groups.values()].some(({ vpcId, name }) => vpcId === VpcId && name === GroupName)) throw new AwsError("InvalidGroup.Duplicate", `The security group '${GroupName}' already exists for VPC '${VpcId}'`);
  },
  run: ({ world, nowMs }, { GroupName: name = "", Description: description = "", VpcId: vpcId = "", TagSpecifications }) => {
    const group: SecurityGroup = { ...world.next("sg"), name, description, vpcId, permissions: [], tags: readTags(TagSpecifications, ["security-group"])["security-group"], createdAtMs: nowMs };
    world.groups.set(group.id, group);
    return { GroupId: group.id, Tags: tagList(group.tags) };
  },
});

/** Each source that a permission lets in is a rule of its own. */
const rulesOf = ({ IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [] }: IpPermission): readonly SecurityGroupRule[] =>
  [...IpRanges.map(({ CidrIp }) => ({ CidrIpv4: CidrIp })), ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ CidrIpv6 }))].map((source) => ({ IsEgress: false, IpProtocol, FromPort, ToPort, ...source }));
const textOf = (rule: SecurityGroupRule): string => JSON.stringify(rule);

/** Lets somebody in. */
export const authorizeSecurityGroupIngress = action<AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResult>({
  understands: ["GroupId", "IpPermissions"],
  check: (call, { GroupId, IpPermissions = [] }) => {
    const { permissions } = groupOf(call, GroupId);
    if (IpPermissions.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter ipPermissions");
    const known = permissions.flatMap(rulesOf).map(textOf);
    if (IpPermissions.flatMap(rulesOf).some((rule) => known.includes(textOf(rule)))) throw new AwsError("InvalidPermission.Duplicate", "The specified rule already exists");
  },
  run: (call, { GroupId, IpPermissions = [] }) => {
    const group = groupOf(call, GroupId);
    call.world.groups.set(group.id, { ...group, permissions: [...group.permissions, ...IpPermissions] });
    const { world } = call;
    return { Return: true, SecurityGroupRules: IpPermissions.flatMap(rulesOf).map((rule) => ({ SecurityGroupRuleId: world.next("sgr").id, GroupId: group.id, GroupOwnerId: world.accountId, ...rule })) };
  },
});

/** Removes a group that nothing uses. */
export const deleteSecurityGroup = action<DeleteSecurityGroupRequest, object>({
  understands: ["GroupId"],
  check: (call, { GroupId }) => {
    const { id } = groupOf(call, GroupId);
    if ([...call.world.interfaces.values()].some(({ groupIds }) => groupIds.includes(id))) throw new AwsError("DependencyViolation", `resource ${id} has a dependent object`);
  },
  run: (call, { GroupId }) => {
    call.world.groups.delete(groupOf(call, GroupId).id);
    return {};
  },
});
