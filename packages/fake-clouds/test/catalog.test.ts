import {
  DescribeAccountAttributesCommand, DescribeAvailabilityZonesCommand, DescribeImagesCommand, DescribeInstanceTypeOfferingsCommand, DescribeInstanceTypesCommand,
  DescribeSubnetsCommand, DescribeVpcsCommand, type Filter,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { instanceTypes } from "../src/index.ts";
import { clientOf, openCloud, refusal, region, ubuntu } from "./fixtures/open-cloud.ts";

describe("instance types", () => {
  test("are told in pages, with cores, memory and architecture", async () => {
    const { ec2 } = await openCloud();
    const names: unknown[] = [];
    for (let NextToken: string | undefined = ""; NextToken !== undefined;) {
      const page: { InstanceTypes?: { InstanceType?: string | undefined }[] | undefined; NextToken?: string | undefined } = await ec2.send(new DescribeInstanceTypesCommand({ MaxResults: 10, ...(NextToken === "" ? {} : { NextToken }) }));
      names.push(...(page.InstanceTypes ?? []).map(({ InstanceType }) => InstanceType));
      NextToken = page.NextToken;
    }
    expect(names).toEqual(instanceTypes.map(({ name }) => name));
    const { InstanceTypes: [type] = [] } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["m7g.xlarge"] }));
    expect(type).toMatchObject({ VCpuInfo: { DefaultVCpus: 4 }, MemoryInfo: { SizeInMiB: 16_384 }, ProcessorInfo: { SupportedArchitectures: ["arm64"] }, CurrentGeneration: true });
  });

  test("are found by exact sizes, features and generation", async () => {
    const { ec2 } = await openCloud();
    const by = async (...Filters: Filter[]) => (await ec2.send(new DescribeInstanceTypesCommand({ Filters }))).InstanceTypes?.map(({ InstanceType }) => InstanceType);
    expect(await by({ Name: "vcpu-info.default-vcpus", Values: ["16"] }, { Name: "memory-info.size-in-mib", Values: ["65536"] }, { Name: "processor-info.supported-architecture", Values: ["arm64"] })).toEqual(["m7g.4xlarge"]);
    expect((await by({ Name: "processor-info.supported-features", Values: ["amd-sev-snp"] }))?.every((name) => /^[mc]6a\./.test(name ?? ""))).toBe(true);
    expect((await by({ Name: "current-generation", Values: ["false"] }))?.every((name) => name?.startsWith("m4."))).toBe(true);
    expect(await refusal(ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["m99.large" as "m5.large"] })))).toBe("InvalidInstanceType 400");
  });

  test("are offered by zone: us-east-1e sells none of the seventh generation", async () => {
    const { server } = await openCloud();
    const ec2 = clientOf(server.endpoint, { where: "us-east-1" });
    const zonesOf = async (type: string) => (await ec2.send(new DescribeInstanceTypeOfferingsCommand({ LocationType: "availability-zone", Filters: [{ Name: "instance-type", Values: [type] }] }))).InstanceTypeOfferings?.map(({ Location }) => Location);
    expect([await zonesOf("m7i.large"), await zonesOf("t3.micro")]).toEqual([["us-east-1a", "us-east-1b", "us-east-1c"], ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1e"]]);
  });
});

test("images are found by owner, name and architecture, and by id", async () => {
  const { ec2 } = await openCloud();
  const find = async (Filters: Filter[], Owners?: string[]) => (await ec2.send(new DescribeImagesCommand({ Filters, ...(Owners === undefined ? {} : { Owners }) }))).Images ?? [];
  const noble = await find([{ Name: "name", Values: ["ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"] }], ["099720109477"]);
  expect(noble.sort((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1)).map(({ ImageId, CreationDate }) => [ImageId === ubuntu, CreationDate])).toEqual([[true, "2026-11-01T06:00:00.000Z"], [false, "2026-09-01T06:00:00.000Z"]]);
  expect((await find([{ Name: "architecture", Values: ["arm64"] }], ["amazon"])).map(({ Name }) => Name)).toEqual(["al2023-ami-2023.9.20261020.0-kernel-6.1-arm64"]);
  expect(await find([], ["self"])).toEqual([]);
  expect((await ec2.send(new DescribeImagesCommand({ ImageIds: [ubuntu] }))).Images?.[0]?.RootDeviceName).toBe("/dev/sda1");
  expect(await refusal(ec2.send(new DescribeImagesCommand({ ImageIds: ["ami-00000000000000000"] })))).toBe("InvalidAMIID.NotFound 400");
});

test("a region has zones, a default VPC with a subnet in each, and tells what the account may", async () => {
  const { ec2, control } = await openCloud();
  const zones = (await ec2.send(new DescribeAvailabilityZonesCommand({ Filters: [{ Name: "state", Values: ["available"] }] }))).AvailabilityZones?.map(({ ZoneName, ZoneId }) => [ZoneName, ZoneId]);
  expect(zones).toEqual([["eu-west-1a", "euw1-az1"], ["eu-west-1b", "euw1-az2"], ["eu-west-1c", "euw1-az3"]]);
  const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [vpc?.VpcId ?? ""] }, { Name: "default-for-az", Values: ["true"] }] }));
  expect(Subnets.map(({ AvailabilityZone, MapPublicIpOnLaunch }) => [AvailabilityZone, MapPublicIpOnLaunch])).toEqual([["eu-west-1a", true], ["eu-west-1b", true], ["eu-west-1c", true]]);
  const own = await control.addSubnet({ region, zone: "eu-west-1b", ipv6Cidr: "fd00:1:2:3::/64" });
  expect((await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [own] }))).Subnets?.[0]).toMatchObject({ MapPublicIpOnLaunch: false, DefaultForAz: false, Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: "fd00:1:2:3::/64" }] });
  expect((await ec2.send(new DescribeAccountAttributesCommand({ AttributeNames: ["default-vpc"] }))).AccountAttributes?.[0]?.AttributeValues?.[0]?.AttributeValue).toBe(vpc?.VpcId);
});
