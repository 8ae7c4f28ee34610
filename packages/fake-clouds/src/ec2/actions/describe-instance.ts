import type { Instance as DescribedInstance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { type Instance, stateCodes } from "../instance.ts";
import type { World } from "../world.ts";
import { tagList } from "./list-request.ts";

const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

/** One instance as EC2 tells it, with the state that it had at a moment. */
export function describeInstance(world: World, instance: Instance, viewMs: number): DescribedInstance {
  const { plan: { type, image, network, market, request }, id } = instance;
  // A read shows nothing from before the launch.
  const { state, reason, atMs } = instance.at(viewMs) ?? { state: "pending", atMs: instance.launchedAtMs, reason: undefined };
  const gone = state === "terminated";
  const addressed = (state === "running" || state === "stopping") && viewMs >= instance.addressedAtMs;
  const stamp = `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} GMT`;
  return {
    InstanceId: id, ImageId: image.imageId, AmiLaunchIndex: instance.index, Architecture: image.arch, InstanceType: type.name as NonNullable<DescribedInstance["InstanceType"]>, // of the catalogue
    State: { Code: stateCodes[state], Name: state },
    StateTransitionReason: reason === undefined ? "" : reason.code === "Client.UserInitiatedShutdown" ? `User initiated (${stamp})` : `${reason.message} (${stamp})`,
    ...(reason === undefined ? {} : { StateReason: { Code: reason.code, Message: reason.message } }),
    LaunchTime: seconds(instance.launchedAtMs), ClientToken: request.ClientToken ?? "", Tags: tagList(viewMs >= instance.untaggedAtMs ? {} : instance.tags),
    Placement: { AvailabilityZone: network.subnet?.zone ?? "", Tenancy: request.Placement?.Tenancy ?? "default", GroupName: "" },
    ...(market === "spot" ? { InstanceLifecycle: "spot", SpotInstanceRequestId: instance.spotRequestId ?? "" } : {}),
    ...(gone ? {} : { PrivateIpAddress: instance.privateAddress, SubnetId: network.subnet?.id ?? "", VpcId: network.subnet?.vpcId ?? "" }),
    PublicDnsName: "", ...(addressed ? { PublicIpAddress: instance.host } : {}),
    SecurityGroups: gone ? [] : network.groups.map(({ id: GroupId, name: GroupName }) => ({ GroupId, GroupName })),
    Hypervisor: "xen", VirtualizationType: "hvm", RootDeviceName: image.rootDevice, RootDeviceType: "ebs", EnaSupport: true, EbsOptimized: false,
    CpuOptions: { CoreCount: Math.ceil(type.vcpus / 2), ThreadsPerCore: 2, ...(request.CpuOptions?.AmdSevSnp === undefined ? {} : { AmdSevSnp: request.CpuOptions.AmdSevSnp }) },
    MetadataOptions: metadataOptions(request),
    BlockDeviceMappings: gone ? [] : disksOf(world, instance), NetworkInterfaces: gone ? [] : interfacesOf(world, instance, addressed),
    Monitoring: { State: "disabled" }, SourceDestCheck: true,
  };
}

function metadataOptions({ MetadataOptions: asked }: RunInstancesRequest): NonNullable<DescribedInstance["MetadataOptions"]> {
  return {
    State: "applied", HttpTokens: asked?.HttpTokens ?? "optional", HttpPutResponseHopLimit: asked?.HttpPutResponseHopLimit ?? 1, HttpEndpoint: asked?.HttpEndpoint ?? "enabled",
    HttpProtocolIpv6: asked?.HttpProtocolIpv6 ?? "disabled", InstanceMetadataTags: asked?.InstanceMetadataTags ?? "disabled",
  };
}

function disksOf(world: World, { volumeIds }: Instance): NonNullable<DescribedInstance["BlockDeviceMappings"]> {
  return volumeIds.flatMap((volumeId) => world.volumes.get(volumeId) ?? []).map(({ id, device, deleteOnTermination, createdAtMs }) => ({
    DeviceName: device, Ebs: { VolumeId: id, Status: "attached" as const, AttachTime: seconds(createdAtMs), DeleteOnTermination: deleteOnTermination },
  }));
}

function interfacesOf(world: World, instance: Instance, addressed: boolean): NonNullable<DescribedInstance["NetworkInterfaces"]> {
  const found = world.interfaces.get(instance.interfaceId ?? "");
  if (found === undefined) return [];
  const { network } = instance.plan;
  const prefix = network.subnet?.ipv6Cidr?.replace(/::\/64$/, "");
  return [{
    NetworkInterfaceId: found.id, SubnetId: found.subnetId, VpcId: found.vpcId, OwnerId: world.accountId, Status: "in-use", PrivateIpAddress: found.privateAddress, SourceDestCheck: true,
    Attachment: { DeviceIndex: 0, Status: "attached", DeleteOnTermination: network.deleteInterface },
    Groups: network.groups.map(({ id: GroupId, name: GroupName }) => ({ GroupId, GroupName })),
    Ipv6Addresses: Array.from({ length: prefix === undefined ? 0 : network.ipv6Count }, (_, index) => ({ Ipv6Address: `${prefix}:${instance.sequence.toString(16)}::${index + 1}` })),
    ...(addressed ? { Association: { PublicIp: instance.host, PublicDnsName: "", IpOwnerId: "amazon" } } : {}),
  }];
}
