import { CreateSecurityGroupCommand, DescribeInstancesCommand, DescribeVolumesCommand, DescribeVpcsCommand, type RunInstancesCommandInput, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { instanceTypes, imagesOf } from "../src/index.ts";
import { launch, openCloud, refusal, region, tagged, ubuntu, zone } from "./fixtures/open-cloud.ts";

describe("a client token", () => {
  const placed = { Placement: { AvailabilityZone: zone }, ClientToken: "token-1" };

  test("gives the same instance again, as it is by then", async () => {
    const { run, control } = await openCloud();
    const first = await run(placed);
    await control.advance(5);
    const again = await run(placed);
    expect([again.InstanceId, again.State?.Name]).toEqual([first.InstanceId, "running"]);
    expect((await control.books()).instances).toHaveLength(1);
  });

  test("holds in one zone: in another it makes another instance", async () => {
    const { run } = await openCloud();
    const first = await run(placed);
    expect((await run({ ...placed, Placement: { AvailabilityZone: "eu-west-1b" } })).InstanceId).not.toBe(first.InstanceId);
    expect((await run({ ClientToken: "token-1" })).InstanceId).not.toBe(first.InstanceId);
  });

  test("refuses other parameters; user data is one of them", async () => {
    const { run } = await openCloud();
    await run({ ...placed, UserData: "YQ==" });
    expect(await refusal(run({ ...placed, UserData: "Yg==" }))).toBe("IdempotentParameterMismatch 400");
    expect(await refusal(run({ ...placed, UserData: "YQ==", TagSpecifications: tagged({ a: "b" }) }))).toBe("IdempotentParameterMismatch 400");
  });

  test("of an instance that has ended is spent, and free again a day later", async () => {
    const { run, ec2, control } = await openCloud();
    const { InstanceId = "" } = await run(placed);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await control.advance(1);
    expect(await refusal(run(placed))).toBe("IdempotentInstanceTerminated 400");
    await control.advance(86_399 - 10);
    expect(await refusal(run(placed))).toBe("IdempotentInstanceTerminated 400");
    await control.advance(60);
    expect((await run(placed)).InstanceId).not.toBe(InstanceId);
  });

  test("of a request that was refused is not used", async () => {
    const { run, control } = await openCloud({ settings: { capacity: [{ remaining: 0 }] } });
    expect(await refusal(run(placed))).toBe("InsufficientInstanceCapacity 500");
    await control.configure({ capacity: [] });
    await run({ ...placed, UserData: "YQ==" });
  });
});

describe("a launch", () => {
  test("makes as many as there are, between the counts", async () => {
    const { ec2, control } = await openCloud({ settings: { capacity: [{ zone, remaining: 2 }] } });
    const asked = { ...launch, Placement: { AvailabilityZone: zone }, MinCount: 1, MaxCount: 5 };
    expect((await ec2.send(new RunInstancesCommand(asked))).Instances).toHaveLength(2);
    expect(await refusal(ec2.send(new RunInstancesCommand(asked)))).toBe("InsufficientInstanceCapacity 500");
    expect((await control.books()).instances).toHaveLength(2);
  });

  test("tags everything that it makes, in the same step", async () => {
    const { run, control } = await openCloud();
    await run({ TagSpecifications: tagged({ owner: "o-1" }) });
    expect((await control.books()).things.map(({ kind, tags }) => [kind, tags])).toEqual([["instance", { owner: "o-1" }], ["volume", { owner: "o-1" }], ["network-interface", { owner: "o-1" }]]);
  });

  test("answers pending and without a public address; running comes later, with one", async () => {
    const { run, ec2, control } = await openCloud({ settings: { pendingSeconds: 10, addressSeconds: 5 } });
    const { State, PublicIpAddress } = await run();
    expect([State?.Name, PublicIpAddress]).toEqual(["pending", undefined]);
    const look = async () => {
      const [found] = (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances ?? [];
      return [found?.State?.Name, found?.PublicIpAddress !== undefined];
    };
    await control.advance(11);
    expect(await look()).toEqual(["running", false]);
    await control.advance(5);
    expect(await look()).toEqual(["running", true]);
  });

  test("in a subnet that maps no public addresses has none, unless it asks for one", async () => {
    const { run, ec2, control } = await openCloud();
    const SubnetId = await control.addSubnet({ region, zone });
    await run({ SubnetId });
    await run({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId, AssociatePublicIpAddress: true }] });
    await control.advance(1);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "subnet-id", Values: [SubnetId] }] }));
    expect(Reservations.map(({ Instances: [found] = [] }) => found?.PublicIpAddress !== undefined)).toEqual([false, true]);
  });

  test("keeps what it was asked of metadata, shutdown and market", async () => {
    const { run, control } = await openCloud();
    const asked = { InstanceInitiatedShutdownBehavior: "terminate", MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 }, InstanceMarketOptions: { MarketType: "spot", SpotOptions: { SpotInstanceType: "one-time" } } } as const;
    const { MetadataOptions, InstanceLifecycle, SpotInstanceRequestId } = await run(asked);
    expect([MetadataOptions?.HttpTokens, MetadataOptions?.HttpPutResponseHopLimit, InstanceLifecycle, SpotInstanceRequestId?.slice(0, 4)]).toEqual(["required", 1, "spot", "sir-"]);
    expect((await control.books()).instances[0]?.request).toMatchObject(asked);
  });

  test("grows its root disk, and never shrinks it below the image", async () => {
    const { run, ec2 } = await openCloud();
    const disk = (VolumeSize: number) => ({ BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize, VolumeType: "gp3" as const, DeleteOnTermination: true } }] });
    await run(disk(20));
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes?.map(({ Size, State }) => [Size, State])).toEqual([[20, "in-use"]]);
    expect(await refusal(run(disk(4)))).toBe("InvalidBlockDeviceMapping 400");
  });

  test("that fails on the platform goes from pending to terminated, and says why", async () => {
    const { run, ec2, control } = await openCloud({ settings: { failedLaunches: 1 } });
    await run();
    await control.advance(1);
    const [found] = (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances ?? [];
    expect([found?.State?.Name, found?.StateReason?.Code]).toEqual(["terminated", "Server.InternalError"]);
  });
});

const arm = imagesOf(region).find(({ arch }) => arch === "arm64")?.imageId;
const manyTags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ""]));
const refusals: readonly (readonly [what: string, input: Partial<RunInstancesCommandInput>, answer: string])[] = [
  ["more user data than 16 KiB", { UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue 400"],
  ["user data that is not in base64", { UserData: "#cloud-config\n" }, "InvalidParameterValue 400"],
  ["a token of 65 characters", { ClientToken: "x".repeat(65) }, "InvalidParameterValue 400"],
  ["an unknown type", { InstanceType: "m99.large" as "m5.large" }, "InvalidParameterValue 400"],
  ["a type of another architecture", { InstanceType: "m7g.large" }, "InvalidParameterValue 400"],
  ["an image of another architecture", { ImageId: arm }, "InvalidParameterValue 400"],
  ["an image that does not exist", { ImageId: "ami-00000000000000000" }, "InvalidAMIID.NotFound 400"],
  ["an image id that is none", { ImageId: "ubuntu" }, "InvalidAMIID.Malformed 400"],
  ["no image", { ImageId: undefined }, "MissingParameter 400"],
  ["a zone of another region", { Placement: { AvailabilityZone: "us-east-1a" } }, "InvalidParameterValue 400"],
  ["a subnet that does not exist", { SubnetId: "subnet-0123456789abcdef0" }, "InvalidSubnetID.NotFound 400"],
  ["a security group that does not exist", { SecurityGroupIds: ["sg-0123456789abcdef0"] }, "InvalidGroup.NotFound 400"],
  ["a key pair that does not exist", { KeyName: "mine" }, "InvalidKeyPair.NotFound 400"],
  ["a maximum below the minimum", { MinCount: 2 }, "InvalidParameterValue 400"],
  ["a tag specification without tags", { TagSpecifications: tagged({}) }, "InvalidTagKey.Malformed 400"],
  ["51 tags", { TagSpecifications: tagged(manyTags) }, "TagLimitExceeded 400"],
  ["a tag key of 129 characters", { TagSpecifications: tagged({ ["k".repeat(129)]: "" }) }, "InvalidParameterValue 400"],
  ["a tag value of 257 characters", { TagSpecifications: tagged({ k: "v".repeat(257) }) }, "InvalidParameterValue 400"],
  ["a tag of AWS's own", { TagSpecifications: tagged({ "aws:k": "" }) }, "InvalidParameterValue 400"],
  ["the same tag twice", { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "k", Value: "1" }, { Key: "k", Value: "2" }] }] }, "InvalidParameterValue 400"],
  ["tags on something that it does not make", { TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "k", Value: "1" }] }] }, "InvalidParameterValue 400"],
  ["a subnet in two places", { SubnetId: "subnet-0123456789abcdef0", NetworkInterfaces: [{ DeviceIndex: 0 }] }, "InvalidParameterCombination 400"],
  ["IPv6 in a subnet without it", { NetworkInterfaces: [{ DeviceIndex: 0, Ipv6AddressCount: 1 }] }, "InvalidParameterValue 400"],
  ["SEV-SNP on a type without it", { CpuOptions: { AmdSevSnp: "enabled" } }, "InvalidParameterCombination 400"],
  ["a hop limit of 65", { MetadataOptions: { HttpPutResponseHopLimit: 65 } }, "InvalidParameterValue 400"],
];

describe("a launch is refused, and makes nothing, for", () => {
  test.each(refusals)("%s", async (_what, input, answer) => {
    const { run, control } = await openCloud();
    expect(await refusal(run(input))).toBe(answer);
    expect((await control.books()).things).toEqual([]);
  });

  test("a type that the zone does not sell; the message names the zones that do", async () => {
    const { run } = await openCloud({ settings: { unsold: [{ zone, instanceType: "t3.micro" }] } });
    const error: unknown = await run({ Placement: { AvailabilityZone: zone } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "Unsupported", message: expect.stringContaining("eu-west-1b, eu-west-1c") });
    expect((await run()).Placement?.AvailabilityZone).toBe("eu-west-1b");
  });

  test("quotas of vCPUs, spot vCPUs and instances", async () => {
    const { run, control } = await openCloud({ settings: { quotas: { vcpus: 3, spotVcpus: 1, instances: 100 } } });
    await run();
    expect(await refusal(run())).toBe("VcpuLimitExceeded 400");
    expect(await refusal(run({ InstanceMarketOptions: { MarketType: "spot" } }))).toBe("MaxSpotInstanceCountExceeded 400");
    await control.configure({ quotas: { vcpus: 100, spotVcpus: 100, instances: 1 } });
    expect(await refusal(run())).toBe("InstanceLimitExceeded 400");
  });

  test("a market whose capacity is gone", async () => {
    const { run } = await openCloud({ settings: { capacity: [{ market: "spot", remaining: 0 }] } });
    expect(await refusal(run({ InstanceMarketOptions: { MarketType: "spot" } }))).toBe("InsufficientInstanceCapacity 500");
    await run();
  });

  test("a subnet without free addresses", async () => {
    const { run, control } = await openCloud();
    expect(await refusal(run({ SubnetId: await control.addSubnet({ region, zone, freeAddresses: 0 }) }))).toBe("InsufficientFreeAddressesInSubnet 400");
  });

  test("an account without a default VPC that names no subnet", async () => {
    const { run, ec2 } = await openCloud({ accountsWithoutDefaultVpc: ["111122223333"] });
    expect((await ec2.send(new DescribeVpcsCommand({}))).Vpcs).toEqual([]);
    expect(await refusal(run())).toBe("VPCIdNotSpecified 400");
  });

  test("a security group of another network", async () => {
    const { run, ec2, control } = await openCloud();
    const SubnetId = await control.addSubnet({ region, zone });
    const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
    const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "g", Description: "d", VpcId: vpc?.VpcId }));
    expect(await refusal(run({ SubnetId, SecurityGroupIds: [GroupId] }))).toBe("InvalidParameter 400");
  });
});

test("every type of the catalogue can be launched with an image of its architecture", async () => {
  const { run, control } = await openCloud();
  for (const { name, arch } of instanceTypes) await run({ InstanceType: name as "m5.large", ImageId: arch === "arm64" ? arm : ubuntu });
  expect((await control.books()).instances.map(({ request }) => request.InstanceType)).toEqual(instanceTypes.map(({ name }) => name));
});
