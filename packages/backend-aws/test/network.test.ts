import { EC2Client, CreateSecurityGroupCommand, DescribeSecurityGroupsCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { defaultAccessKey, type Ec2Server } from "@bridge/fake-clouds";
import { expect, it } from "vitest";
import { envelope, fleetOnEc2, grantOf } from "./fixtures/fleet.ts";

const clientOf = ({ endpoint }: Ec2Server) => new EC2Client({ endpoint, region: "eu-west-1", credentials: { ...defaultAccessKey }, maxAttempts: 1 });
const groupsOf = async (server: Ec2Server) => (await clientOf(server).send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["bridge-ssh"] }] }))).SecurityGroups;

it("a security group that was made and not yet opened, by a process that died, is opened", async () => {
  const { server, fleet } = await fleetOnEc2();
  const { Vpcs: [{ VpcId } = {}] = [] } = await clientOf(server).send(new DescribeVpcsCommand({}));
  await clientOf(server).send(new CreateSecurityGroupCommand({ GroupName: "bridge-ssh", Description: "half made", VpcId }));
  await fleet.terminate(await fleet.provisionForGrant(grantOf(), envelope));
  expect(await groupsOf(server)).toMatchObject([{ IpPermissions: [{ FromPort: 22, ToPort: 22 }] }]);
});

it.each(["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"])("a lost answer of %s leaves one group, and it is open", async (action) => {
  const { server, fleet, control } = await fleetOnEc2();
  await control.addFault({ action, effect: { kind: "lose answer" } });
  await fleet.terminate(await fleet.provisionForGrant(grantOf(), envelope));
  expect(await groupsOf(server)).toMatchObject([{ IpPermissions: [{ FromPort: 22, ToPort: 22 }] }]);
});

it("a group that does not show yet is waited for before a machine is to be in it", async () => {
  const { server, fleet } = await fleetOnEc2({ server: { settings: { readLagSeconds: 0.4 } } });
  await fleet.terminate(await fleet.provisionForGrant(grantOf(), envelope));
  expect(await groupsOf(server)).toMatchObject([{ IpPermissions: [{ FromPort: 22, ToPort: 22 }] }]);
});

it("a group that somebody has given rules of their own keeps them", async () => {
  const { server, fleet } = await fleetOnEc2({ options: { sshSourceRanges: ["127.0.0.0/8"] } });
  await fleet.explain(grantOf());
  const before = await groupsOf(server);
  const { fleet: other } = await fleetOnEc2({ options: { endpoint: server.endpoint, sshPort: server.sshPort, sshSourceRanges: ["10.0.0.0/8"] } });
  await other.explain(grantOf());
  expect(await groupsOf(server)).toEqual(before);
});

it("subnets and images of later pages are found, too", async () => {
  const { fleet } = await fleetOnEc2({ options: { instanceTypes: ["t3.micro"], image: { owner: "amazon", name: "*" } }, server: { settings: { pageLimit: 1 } } });
  const { candidates } = await fleet.explain(grantOf());
  expect(candidates[0]?.placements.map(({ resolved }) => resolved["zone"])).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  const { fleet: whole } = await fleetOnEc2({ options: { instanceTypes: ["t3.micro"], image: { owner: "amazon", name: "*" } } });
  expect(candidates[0]?.placements[0]?.resolved["imageId"]).toBe((await whole.explain(grantOf())).candidates[0]?.placements[0]?.resolved["imageId"]);
});
