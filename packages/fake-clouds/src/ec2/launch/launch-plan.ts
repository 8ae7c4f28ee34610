import type { RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Call } from "../action.ts";
import { type CatalogImage, type CatalogType, imagesOf, instanceTypes } from "../catalog.ts";
import type { Market } from "../settings.ts";
import type { Tags } from "../things.ts";
import { type Disk, planDisks } from "./disks.ts";
import { chooseNetwork, type NetworkChoice } from "./network-choice.ts";
import { readTags } from "./tag-rules.ts";

/** A request whose every part was found good; only a zone, capacity and quota are left to ask for. */
export interface LaunchPlan {
  readonly request: RunInstancesRequest;
  readonly type: CatalogType;
  readonly image: CatalogImage;
  readonly network: NetworkChoice;
  readonly disks: readonly Disk[];
  readonly market: Market;
  readonly userData: Uint8Array;
  readonly tags: Readonly<Record<(typeof taggable)[number], Tags>>;
  readonly shutdownBehavior: "stop" | "terminate";
}

const taggable = ["instance", "volume", "network-interface", "spot-instances-request"] as const;
const mostUserDataBytes = 16_384;
const longestToken = 64;
const wrong = (message: string) => new AwsError("InvalidParameterValue", message);

/**
 * Checks a RunInstances request as far as EC2 does before it looks for capacity.
 *
 * @throws AwsError in EC2's words for the first thing that is wrong.
 */
export function planLaunch({ world, viewMs }: Call, request: RunInstancesRequest): LaunchPlan {
  const { ImageId, InstanceType = "m1.small", MinCount = 0, MaxCount = 0, ClientToken, KeyName, InstanceMarketOptions, CpuOptions, MetadataOptions } = request;
  if (MinCount < 1 || MaxCount < MinCount) throw wrong(`The minimum (${MinCount}) must be at least 1 and not above the maximum (${MaxCount}).`);
  if (ClientToken !== undefined && (ClientToken.length > longestToken || !/^[\x20-\x7e]*$/.test(ClientToken))) throw wrong(`Invalid client token: at most ${longestToken} ASCII characters.`);
  if (KeyName !== undefined) throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${KeyName}' does not exist`);
  if (MetadataOptions?.HttpPutResponseHopLimit !== undefined && (MetadataOptions.HttpPutResponseHopLimit < 1 || MetadataOptions.HttpPutResponseHopLimit > 64)) throw wrong("The hop limit must be between 1 and 64.");
  const type = instanceTypes.find(({ name }) => name === InstanceType);
  if (type === undefined) throw wrong(`Invalid value '${InstanceType}' for InstanceType.`);
  const image = imageOf(world.region, ImageId);
  if (image.arch !== type.arch) throw wrong(`The architecture '${type.arch}' of the specified instance type does not match the architecture '${image.arch}' of the specified AMI.`);
  if (CpuOptions?.AmdSevSnp === "enabled" && !type.sevSnp) throw new AwsError("InvalidParameterCombination", `AMD SEV-SNP is not supported by ${type.name}.`);
  const market = InstanceMarketOptions?.MarketType === "spot" ? "spot" : "on-demand";
  const tags = readTags(request.TagSpecifications, taggable);
  if (market !== "spot" && Object.keys(tags["spot-instances-request"]).length > 0) throw wrong("'spot-instances-request' is not a valid taggable resource type for this operation.");
  return {
    request, type, image, market, tags, disks: planDisks(image, request.BlockDeviceMappings),
    network: chooseNetwork(world, request, ({ createdAtMs }) => createdAtMs <= viewMs), userData: readUserData(request.UserData),
    shutdownBehavior: request.InstanceInitiatedShutdownBehavior ?? "stop",
  };
}

function imageOf(region: string, imageId: string | undefined): CatalogImage {
  if (imageId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter ImageId");
  if (!/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(imageId)) throw new AwsError("InvalidAMIID.Malformed", `Invalid id: "${imageId}"`);
  const image = imagesOf(region).find((each) => each.imageId === imageId);
  if (image === undefined) throw new AwsError("InvalidAMIID.NotFound", `The image id '[${imageId}]' does not exist`);
  return image;
}

function readUserData(encoded = ""): Uint8Array {
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== encoded.replace(/=+$/, "")) throw wrong("Invalid BASE64 encoding of user data.");
  if (bytes.length > mostUserDataBytes) throw wrong(`User data is limited to ${mostUserDataBytes} bytes`);
  return bytes;
}
