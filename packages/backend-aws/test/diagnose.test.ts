import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { defaultAccessKey } from "@bridge/fake-clouds";
import { describe, expect, it } from "vitest";
import { fleetOnEc2 } from "./fixtures/fleet.ts";

async function diagnose(setting: Parameters<typeof fleetOnEc2>[0] = {}) {
  const { fleet, control } = await fleetOnEc2(setting);
  const [{ findings } = { findings: [] }] = await fleet.diagnose();
  const { things } = await control.books();
  expect(things).toEqual([]);
  const changing = (await control.calls()).filter(({ action, dryRun }) => !dryRun && !/^(Describe|Get)/.test(action));
  expect(changing).toEqual([]);
  return { findings, wrong: findings.filter(({ verdict }) => verdict !== "fine"), calls: await control.calls() };
}

describe("the diagnosis of EC2 makes nothing, and", () => {
  it("says of each thing that a grant needs that it is there", async () => {
    const { findings, wrong } = await diagnose();
    expect(wrong).toEqual([]);
    expect(findings.map(({ subject }) => subject)).toEqual([
      "what is on offer", expect.stringContaining("listing of aws:"), "credentials", ...["instance types", "quota of on-demand Standard instances", "image for amd64", "subnets", "security group"].map((what) => `${what} in eu-west-1`),
      ...["RunInstances", "TerminateInstances", "GetConsoleOutput", "DeleteVolume", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress"].map((action) => `permission ec2:${action} in eu-west-1`),
    ]);
  });

  it.each([
    "RunInstances", "CreateTags", "TerminateInstances", "GetConsoleOutput", "DeleteVolume", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress",
    "DescribeInstances", "DescribeVolumes", "DescribeImages", "DescribeInstanceTypes", "DescribeInstanceTypeOfferings", "DescribeSubnets", "DescribeSecurityGroups", "GetParameter",
  ])("names %s when it is denied", async (action) => {
    const { wrong } = await diagnose({ server: { settings: { denied: [action] } } });
    expect(wrong.map(({ verdict }) => verdict)).toContain("failed");
    expect(wrong.map(({ subject, message, mend }) => `${subject} ${message} ${mend}`).join("\n")).toMatch(new RegExp(`:${action}\\b`));
  });

  it("says of a quota that is too small for the smallest type what it is and how to ask for more", async () => {
    const { wrong } = await diagnose({ server: { settings: { quotas: { vcpus: 1, spotVcpus: 64, instances: 20 } } }, options: { spot: "prefer" } });
    expect(wrong).toEqual([{
      subject: "quota of on-demand Standard instances in eu-west-1", verdict: "failed", message: "1 vCPUs, and the smallest type that is allowed has 2",
      mend: expect.stringContaining("request-service-quota-increase --region eu-west-1 --service-code ec2 --quota-code L-1216C47A"),
    }]);
  });

  it("asks for the quotas of those markets alone that the options allow", async () => {
    const { findings } = await diagnose({ server: { settings: { quotas: { vcpus: 0, spotVcpus: 64, instances: 20 } } }, options: { spot: "only" } });
    expect(findings.filter(({ subject }) => subject.startsWith("quota"))).toEqual([{ subject: "quota of spot Standard instances in eu-west-1", verdict: "fine", message: "64 vCPUs for the whole account" }]);
  });

  it("only warns when quotas may not be read: grants do not need that", async () => {
    const { wrong } = await diagnose({ server: { settings: { denied: ["GetServiceQuota"] } } });
    expect(wrong).toEqual([expect.objectContaining({ verdict: "warning", message: expect.stringContaining("servicequotas:GetServiceQuota"), mend: expect.stringContaining("servicequotas:GetServiceQuota") })]);
  });

  it("asks for no permission about security groups where one is given", async () => {
    const { findings, calls } = await diagnose({ options: { securityGroups: { "eu-west-1": "sg-0123456789abcdef0" } } });
    expect(findings.filter(({ subject }) => subject.includes("ecurity"))).toEqual([]);
    expect(calls.filter(({ action }) => action.includes("SecurityGroup"))).toEqual([]);
  });

  it("names types that the region does not sell beside others that it does", async () => {
    const { wrong } = await diagnose({ options: { instanceTypes: ["t3.micro", "t3.mircro"] } });
    expect(wrong).toEqual([{ subject: "instance types in eu-west-1", verdict: "warning", message: expect.stringMatching(/^t3\.mircro: not sold there/), mend: expect.any(String) }]);
  });

  it.each([
    ["failed", "its rules let nothing in at port 22", { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    ["warning", "port 22 is open to 0.0.0.0/0; sshSourceRanges is 127.0.0.0/8", { IpProtocol: "tcp", FromPort: 20, ToPort: 30, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  ] as const)("says of a security group that lets in others than it should: %s, %s", async (verdict, message, rule) => {
    const { server, fleet } = await fleetOnEc2({ options: { sshSourceRanges: ["127.0.0.0/8"] } });
    const ec2 = new EC2Client({ endpoint: server.endpoint, region: "eu-west-1", credentials: { ...defaultAccessKey } });
    const { Vpcs: [{ VpcId } = {}] = [] } = await ec2.send(new DescribeVpcsCommand({}));
    const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "bridge-ssh", Description: "of the operator's", VpcId }));
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...rule, IpRanges: [...rule.IpRanges] }] }));
    const [{ findings } = { findings: [] }] = await fleet.diagnose();
    expect(findings.filter((finding) => finding.verdict !== "fine")).toEqual([{ subject: `SSH through ${GroupId} in eu-west-1`, verdict, message, mend: expect.stringContaining(`--group-id ${GroupId} --protocol tcp --port 22 --cidr 127.0.0.0/8`) }]);
    ec2.destroy();
  });

  it("says of wrong credentials how to mend them, once, and looks no further in the regions", async () => {
    const { wrong, findings } = await diagnose({ options: { credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wrong" } } });
    expect(wrong.filter(({ subject }) => subject === "credentials")).toEqual([expect.objectContaining({ verdict: "failed", message: expect.stringMatching(/^unauthorized: /), mend: expect.stringContaining("credentials") })]);
    expect(findings.filter(({ subject }) => subject.endsWith(" in eu-west-1"))).toEqual([]);
  });

  it("names the account when the credentials belong to another", async () => {
    expect((await diagnose({ options: { account: "999999999999" } })).wrong).toContainEqual(expect.objectContaining({ subject: "credentials", message: expect.stringContaining("not to 999999999999") }));
  });

  it.each([
    ["image for amd64 in eu-west-1", { image: { ids: { "eu-west-1": "ami-00000000" } } }],
    ["image for arm64 in eu-west-1", { instanceTypes: ["t3.micro", "t4g.small"], image: { owner: "amazon", name: "Deep Learning Base *" } }],
    ["subnets in eu-west-1", { subnets: { "eu-west-1": ["subnet-00000000"] } }],
    ["instance types in eu-west-1", { instanceTypes: ["z9.huge"] }],
  ])("finds what is missing: %s", async (subject, options) => {
    expect((await diagnose({ options })).wrong).toContainEqual(expect.objectContaining({ subject, verdict: "failed", mend: expect.any(String) }));
  });
});
