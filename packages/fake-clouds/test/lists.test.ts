import { type DescribeInstancesCommandInput, DescribeInstancesCommand, DescribeVolumesCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { launch, openCloud, refusal, tagged, zone } from "./fixtures/open-cloud.ts";

type Cloud = Awaited<ReturnType<typeof openCloud>>;

const listed = async ({ ec2 }: Pick<Cloud, "ec2">, input: DescribeInstancesCommandInput = {}): Promise<readonly string[]> =>
  ((await ec2.send(new DescribeInstancesCommand(input))).Reservations ?? []).flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = "" }) => InstanceId));
const byTag = { Filters: [{ Name: "tag:owner", Values: ["o-1"] }] };

describe("a read that lags", () => {
  test("does not find what was just made: by id it is an error, by tag an empty list", async () => {
    const cloud = await openCloud({ settings: { readLagSeconds: 30 } });
    const { InstanceId = "" } = await cloud.run({ TagSpecifications: tagged({ owner: "o-1" }) });
    expect(await refusal(listed(cloud, { InstanceIds: [InstanceId] }))).toBe("InvalidInstanceID.NotFound 400");
    expect(await listed(cloud, byTag)).toEqual([]);
    expect(await refusal(cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] })))).toBe("InvalidInstanceID.NotFound 400");
    expect((await cloud.control.books()).instances).toHaveLength(1);
    await cloud.control.advance(31);
    expect(await listed(cloud, byTag)).toEqual([InstanceId]);
  });

  test("shows states of before", async () => {
    const cloud = await openCloud();
    const { InstanceId = "" } = await cloud.run();
    await cloud.control.advance(100);
    await cloud.control.configure({ readLagSeconds: 30 });
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await cloud.control.advance(10);
    const running = { Filters: [{ Name: "instance-state-name", Values: ["running"] }] };
    expect(await listed(cloud, running)).toEqual([InstanceId]);
    await cloud.control.advance(30);
    expect(await listed(cloud, running)).toEqual([]);
  });

  test("can be asked for once: an empty list that says it is complete", async () => {
    const cloud = await openCloud();
    const { InstanceId = "" } = await cloud.run({ TagSpecifications: tagged({ owner: "o-1" }) });
    await cloud.control.addFault({ action: "DescribeInstances", listsOnly: true, effect: { kind: "stale" } });
    expect(await listed(cloud, { InstanceIds: [InstanceId] })).toEqual([InstanceId]);
    expect(await listed(cloud, byTag)).toEqual([]);
    expect(await listed(cloud, byTag)).toEqual([InstanceId]);
  });
});

describe("an instance that has ended", () => {
  test("stays listed for an hour, says since when, and has lost its network", async () => {
    const cloud = await openCloud();
    const { InstanceId = "" } = await cloud.run();
    await cloud.control.advance(5);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await cloud.control.advance(3590);
    const [found] = (await cloud.ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances ?? [];
    expect(found).toMatchObject({ State: { Name: "terminated", Code: 48 }, StateReason: { Code: "Client.UserInitiatedShutdown" }, StateTransitionReason: expect.stringMatching(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/) });
    expect([found?.PublicIpAddress, found?.SubnetId, found?.BlockDeviceMappings]).toEqual([undefined, undefined, []]);
    await cloud.control.advance(60);
    expect(await listed(cloud)).toEqual([]);
    expect(await refusal(listed(cloud, { InstanceIds: [InstanceId] }))).toBe("InvalidInstanceID.NotFound 400");
  });

  test("may lose its tags before it leaves the list", async () => {
    const cloud = await openCloud({ settings: { tagsKeptAfterEndSeconds: 60 } });
    const { InstanceId = "" } = await cloud.run({ TagSpecifications: tagged({ owner: "o-1" }) });
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await cloud.control.advance(50);
    expect(await listed(cloud, byTag)).toEqual([InstanceId]);
    await cloud.control.advance(20);
    expect([await listed(cloud, byTag), await listed(cloud)]).toEqual([[], [InstanceId]]);
  });
});

describe("filters", () => {
  test("by tag, tag key, state, id, token and zone, all of which must fit; values may be patterns", async () => {
    const cloud = await openCloud();
    const a = (await cloud.run({ TagSpecifications: tagged({ owner: "o-1", deadline: "1" }), ClientToken: "t-1", Placement: { AvailabilityZone: zone } })).InstanceId ?? "";
    const b = (await cloud.run({ TagSpecifications: tagged({ owner: "o*2" }), Placement: { AvailabilityZone: "eu-west-1b" } })).InstanceId ?? "";
    await cloud.control.advance(1);
    const by = (...pairs: readonly (readonly [string, ...string[]])[]) => listed(cloud, { Filters: pairs.map(([Name, ...Values]) => ({ Name, Values })) });
    expect(await by(["tag:owner", "o-1"])).toEqual([a]);
    expect(await by(["tag:owner", "o-1", "o*"])).toEqual([a, b]);
    expect(await by(["tag:owner", String.raw`o\*2`])).toEqual([b]);
    expect(await by(["tag:owner", "o?1"])).toEqual([a]);
    expect(await by(["tag-key", "deadline"])).toEqual([a]);
    expect(await by(["instance-id", b])).toEqual([b]);
    expect(await by(["client-token", "t-1"])).toEqual([a]);
    expect(await by(["availability-zone", zone], ["instance-state-name", "running"])).toEqual([a]);
    expect(await by(["availability-zone", zone], ["tag:owner", "o*2"])).toEqual([]);
    expect(await refusal(by(["colour", "red"]))).toBe("InvalidParameterValue 400");
  });
});

describe("pages", () => {
  test("hold as many as asked for, or fewer, and hide nothing that was there from first to last", async () => {
    const cloud = await openCloud();
    await cloud.ec2.send(new RunInstancesCommand({ ...launch, MinCount: 12, MaxCount: 12 }));
    const all = await listed(cloud);
    const first = await cloud.ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    const ids = ({ Reservations = [] }: typeof first) => Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    expect(ids(first)).toEqual(all.slice(0, 5));
    await cloud.control.vanish(all[1] ?? "");
    const second = await cloud.ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: first.NextToken }));
    await cloud.control.configure({ pageLimit: 1 });
    const third = await cloud.ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: second.NextToken }));
    const fourth = await cloud.ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: third.NextToken }));
    expect([second, third, fourth].flatMap(ids)).toEqual(all.slice(5));
    expect(fourth.NextToken).toBeUndefined();
  });

  test("are refused with ids, with too small or large a size, and with a token that nobody gave", async () => {
    const cloud = await openCloud();
    const { InstanceId = "" } = await cloud.run();
    expect(await refusal(listed(cloud, { InstanceIds: [InstanceId], MaxResults: 5 }))).toBe("InvalidParameterCombination 400");
    expect(await refusal(listed(cloud, { MaxResults: 4 }))).toBe("InvalidParameterValue 400");
    expect(await refusal(listed(cloud, { MaxResults: 1001 }))).toBe("InvalidParameterValue 400");
    expect(await refusal(listed(cloud, { NextToken: "next" }))).toBe("InvalidParameterValue 400");
  });
});

test("a volume is listed like an instance: by tag and status, late, in pages", async () => {
  const cloud = await openCloud();
  await cloud.run({ TagSpecifications: tagged({ owner: "o-1" }) });
  const volumes = async (status: string) => (await cloud.ec2.send(new DescribeVolumesCommand({ Filters: [...byTag.Filters, { Name: "status", Values: [status] }], MaxResults: 5 }))).Volumes?.length;
  expect([await volumes("in-use"), await volumes("available")]).toEqual([1, 0]);
  await cloud.control.configure({ readLagSeconds: 30 });
  expect(await volumes("in-use")).toBe(0);
});
