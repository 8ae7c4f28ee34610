import type { Json } from "@bridge/core/backend";
import { type MachineSpec, requireLegalTags, tagRules } from "@bridge/backend-kit";
import { type RunInstancesCommandInput, tagList } from "./api.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html: 16 KB before base64; cloud-init takes gzip. */
const maxUserDataBytes = 16_384;

/** The whole of RunInstances for one attempt; the same attempt gives the same request. No key pair, no instance profile: the machine is nobody's in the cloud. */
export function launchRequest({ placement, token, name, tags, userData }: Pick<MachineSpec, "placement" | "token" | "name" | "tags" | "userData">): RunInstancesCommandInput {
  const { size, resolved } = placement;
  const text = (key: string) => textOf(resolved[key]);
  const isSpot = resolved["market"] === "spot";
  const all = tagList(requireLegalTags({ Name: name, ...textsOf(resolved["tags"]), ...tags }, tagRules.ec2));
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    // EC2 knows more types than the SDK's list has names for.
    InstanceType: size as NonNullable<RunInstancesCommandInput["InstanceType"]>,
    ImageId: text("imageId"),
    Placement: { AvailabilityZone: text("zone") },
    UserData: Buffer.from(userData({ maxBytes: maxUserDataBytes, gzip: true })).toString("base64"),
    InstanceInitiatedShutdownBehavior: "terminate",
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1, HttpEndpoint: "enabled" },
    NetworkInterfaces: [{
      DeviceIndex: 0, SubnetId: text("subnetId"), Groups: [text("securityGroupId")], AssociatePublicIpAddress: true, DeleteOnTermination: true,
      ...(resolved["ipv6"] === true ? { Ipv6AddressCount: 1 } : {}),
    }],
    BlockDeviceMappings: [{ DeviceName: text("rootDevice"), Ebs: { VolumeSize: Number(resolved["diskGib"]), VolumeType: "gp3", DeleteOnTermination: true, Encrypted: true } }],
    TagSpecifications: ([...(["instance", "volume", "network-interface"] as const), ...(isSpot ? ["spot-instances-request" as const] : [])]).map((ResourceType) => ({ ResourceType, Tags: all })),
    ...(resolved["sevSnp"] === true ? { CpuOptions: { AmdSevSnp: "enabled" as const } } : {}),
    ...(isSpot ? { InstanceMarketOptions: { MarketType: "spot" as const, SpotOptions: { SpotInstanceType: "one-time" as const, InstanceInterruptionBehavior: "terminate" as const } } } : {}),
  };
}

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const textsOf = (value: Json | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(typeof value === "object" && value !== null ? value : {}).map(([key, text]: [string, Json]) => [key, textOf(text)]));
