import * as sdk from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { actionsOf } from "../src/ec2/actions/all-actions.ts";
import { launch, openCloud, refusal } from "./fixtures/open-cloud.ts";

/** A good request for each action, in an order in which all can be done. */
async function everyRequest() {
  const cloud = await openCloud();
  const { InstanceId = "" } = await cloud.run();
  const VpcId = (await cloud.ec2.send(new sdk.DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId ?? "";
  const { GroupId = "" } = await cloud.ec2.send(new sdk.CreateSecurityGroupCommand({ GroupName: "first", Description: "d", VpcId }));
  const [VolumeId, NetworkInterfaceId, AllocationId] = [await cloud.control.leaveRemnant("volume", InstanceId), await cloud.control.leaveRemnant("network-interface", InstanceId), await cloud.control.leaveRemnant("address", InstanceId)];
  const requests = (DryRun: boolean) => ({
    DescribeAccountAttributes: new sdk.DescribeAccountAttributesCommand({ DryRun }),
    DescribeAddresses: new sdk.DescribeAddressesCommand({ DryRun }),
    DescribeAvailabilityZones: new sdk.DescribeAvailabilityZonesCommand({ DryRun }),
    DescribeImages: new sdk.DescribeImagesCommand({ DryRun }),
    DescribeInstanceTypeOfferings: new sdk.DescribeInstanceTypeOfferingsCommand({ DryRun }),
    DescribeInstanceTypes: new sdk.DescribeInstanceTypesCommand({ DryRun }),
    DescribeInstances: new sdk.DescribeInstancesCommand({ DryRun }),
    DescribeNetworkInterfaces: new sdk.DescribeNetworkInterfacesCommand({ DryRun }),
    DescribeRegions: new sdk.DescribeRegionsCommand({ DryRun }),
    DescribeSecurityGroups: new sdk.DescribeSecurityGroupsCommand({ DryRun }),
    DescribeSubnets: new sdk.DescribeSubnetsCommand({ DryRun }),
    DescribeVolumes: new sdk.DescribeVolumesCommand({ DryRun }),
    DescribeVpcs: new sdk.DescribeVpcsCommand({ DryRun }),
    GetConsoleOutput: new sdk.GetConsoleOutputCommand({ InstanceId, DryRun }),
    RunInstances: new sdk.RunInstancesCommand({ ...launch, DryRun }),
    CreateSecurityGroup: new sdk.CreateSecurityGroupCommand({ GroupName: "second", Description: "d", VpcId, DryRun }),
    AuthorizeSecurityGroupIngress: new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }], DryRun }),
    DeleteSecurityGroup: new sdk.DeleteSecurityGroupCommand({ GroupId, DryRun }),
    DeleteVolume: new sdk.DeleteVolumeCommand({ VolumeId, DryRun }),
    DeleteNetworkInterface: new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId, DryRun }),
    ReleaseAddress: new sdk.ReleaseAddressCommand({ AllocationId, DryRun }),
    TerminateInstances: new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId], DryRun }),
  });
  const answers = async (DryRun: boolean) => {
    const found: [string, string][] = [];
    // Every command is one of this client's.
    for (const [name, command] of Object.entries(requests(DryRun))) found.push([name, await refusal(cloud.ec2.send(command as sdk.DescribeInstancesCommand))]);
    return Object.fromEntries(found);
  };
  return { ...cloud, answers };
}

const names = Object.keys(actionsOf.ec2);
const all = (answer: string) => Object.fromEntries(names.map((name) => [name, answer]));

test("every action can be tried dry, be denied by its name, and be done", async () => {
  const { answers, control } = await everyRequest();
  const { things } = await control.books();
  expect(await answers(true)).toEqual(all("DryRunOperation 412"));
  await control.configure({ denied: names });
  expect(await answers(true)).toEqual(all("UnauthorizedOperation 403"));
  expect(await answers(false)).toEqual(all("UnauthorizedOperation 403"));
  expect((await control.books()).things.map(({ id }) => id)).toEqual(things.map(({ id }) => id));
  await control.configure({ denied: [] });
  expect(await answers(false)).toEqual(all("no error"));
});
