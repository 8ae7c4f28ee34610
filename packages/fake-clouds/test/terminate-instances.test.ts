import {
  DeleteNetworkInterfaceCommand, DeleteVolumeCommand, DescribeAddressesCommand, DescribeNetworkInterfacesCommand, DescribeVolumesCommand, ReleaseAddressCommand, TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { openCloud, refusal, tagged } from "./fixtures/open-cloud.ts";

const byOwner = { Filters: [{ Name: "tag:owner", Values: ["o-1"] }] };

describe("terminating", () => {
  test("passes through shutting-down, says before and after, and can be repeated", async () => {
    const { run, ec2, control } = await openCloud({ settings: { shuttingDownSeconds: 60 } });
    const { InstanceId = "" } = await run();
    await control.advance(1);
    const end = async () => {
      const [answer] = (await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }))).TerminatingInstances ?? [];
      return [answer?.PreviousState?.Name, answer?.CurrentState?.Name];
    };
    expect(await end()).toEqual(["running", "shutting-down"]);
    expect(await end()).toEqual(["shutting-down", "shutting-down"]);
    expect((await control.books()).things.length).toBe(3);
    await control.advance(61);
    expect(await end()).toEqual(["terminated", "terminated"]);
    expect((await control.books()).things).toEqual([]);
  });

  test("ends none when one id is bad", async () => {
    const { run, ec2, control } = await openCloud();
    const { InstanceId = "" } = await run();
    expect(await refusal(ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId, "i-0123456789abcdef0"] })))).toBe("InvalidInstanceID.NotFound 400");
    expect(await refusal(ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId, "vm-1"] })))).toBe("InvalidInstanceID.Malformed 400");
    expect(["pending", "running"]).toContain((await control.books()).instances[0]?.state);
  });

  test("is not permitted where the instance is protected", async () => {
    const { run, ec2 } = await openCloud();
    const { InstanceId = "" } = await run({ DisableApiTermination: true });
    expect(await refusal(ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] })))).toBe("OperationNotPermitted 400");
  });

  test("leaves the volume whose DeleteOnTermination is false; it can be deleted then, and not before", async () => {
    const { run, ec2, control } = await openCloud();
    const { InstanceId = "" } = await run({ TagSpecifications: tagged({ owner: "o-1" }), BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { DeleteOnTermination: false } }] });
    const volume = async () => (await ec2.send(new DescribeVolumesCommand(byOwner))).Volumes?.[0];
    const { VolumeId } = await volume() ?? {};
    expect(await refusal(ec2.send(new DeleteVolumeCommand({ VolumeId })))).toBe("VolumeInUse 400");
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await control.advance(1);
    expect([(await volume())?.State, (await control.books()).things.map(({ note }) => note)]).toEqual(["available", ["left over"]]);
    await ec2.send(new DeleteVolumeCommand({ VolumeId }));
    expect(await refusal(ec2.send(new DeleteVolumeCommand({ VolumeId })))).toBe("InvalidVolume.NotFound 400");
    expect((await control.books()).things).toEqual([]);
  });

  test("is the Spot service's doing when it takes an instance back", async () => {
    const { run, control } = await openCloud();
    const { InstanceId = "" } = await run({ InstanceMarketOptions: { MarketType: "spot" } });
    await control.interrupt(InstanceId);
    await control.advance(1);
    expect((await control.books()).instances[0]).toMatchObject({ state: "terminated", reason: "Server.SpotInstanceTermination" });
  });
});

describe("what is left over", () => {
  test("is found by its tags and can be removed: a volume, an interface, an address", async () => {
    const { run, ec2, control } = await openCloud();
    const { InstanceId = "" } = await run({ TagSpecifications: tagged({ owner: "o-1" }) });
    const made = [await control.leaveRemnant("volume", InstanceId), await control.leaveRemnant("network-interface", InstanceId), await control.leaveRemnant("address", InstanceId)];
    await control.vanish(InstanceId);
    const { Volumes: [volume] = [] } = await ec2.send(new DescribeVolumesCommand(byOwner));
    const { NetworkInterfaces: [networkInterface] = [] } = await ec2.send(new DescribeNetworkInterfacesCommand(byOwner));
    const { Addresses: [address] = [] } = await ec2.send(new DescribeAddressesCommand(byOwner));
    expect([volume?.VolumeId, networkInterface?.NetworkInterfaceId, address?.AllocationId]).toEqual(made);
    await ec2.send(new DeleteVolumeCommand({ VolumeId: volume?.VolumeId }));
    await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: networkInterface?.NetworkInterfaceId }));
    await ec2.send(new ReleaseAddressCommand({ AllocationId: address?.AllocationId }));
    expect((await control.books()).things).toEqual([]);
  });
});
