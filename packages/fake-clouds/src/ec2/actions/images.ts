import type { DescribeImagesRequest, DescribeImagesResult, Image } from "@aws-sdk/client-ec2";
import { action } from "../action.ts";
import { type CatalogImage, imagesOf } from "../catalog.ts";
import { select } from "../filters.ts";
import { pageOf } from "../pages.ts";
import { findById } from "./find-by-id.ts";
import { nextToken } from "./list-request.ts";

const describe = ({ imageId, name, arch, ownerId, ownerAlias, createdAt, rootDevice, rootGib }: CatalogImage): Image => ({
  ImageId: imageId, Name: name, Architecture: arch, OwnerId: ownerId, ...(ownerAlias === undefined ? {} : { ImageOwnerAlias: ownerAlias }),
  ImageLocation: `${ownerId}/${name}`, CreationDate: createdAt, Public: true, State: "available", ImageType: "machine", PlatformDetails: "Linux/UNIX",
  RootDeviceName: rootDevice, RootDeviceType: "ebs", VirtualizationType: "hvm", Hypervisor: "xen", EnaSupport: true, BootMode: "uefi-preferred", ImdsSupport: "v2.0",
  BlockDeviceMappings: [{ DeviceName: rootDevice, Ebs: { VolumeSize: rootGib, VolumeType: "gp3", DeleteOnTermination: true, Encrypted: false } }],
});

/** The public images; the account has none of its own. */
export const describeImages = action<DescribeImagesRequest, DescribeImagesResult>({
  understands: ["ImageIds", "Owners", "Filters", "MaxResults", "NextToken", "IncludeDeprecated"],
  run: ({ cloud, world }, request) => {
    const { ImageIds, Owners } = request;
    const all = imagesOf(world.region);
    const named = ImageIds === undefined ? all : findById(ImageIds, (id) => all.find(({ imageId }) => imageId === id), { prefix: "ami", code: "InvalidAMIID", noun: "image" });
    const owned = named.filter(({ ownerId, ownerAlias = "" }) => Owners === undefined || Owners.includes(ownerId) || Owners.includes(ownerAlias));
    const passed = select(owned, request.Filters, {
      "image-id": ({ imageId }) => imageId, "name": ({ name }) => name, "architecture": ({ arch }) => arch, "owner-id": ({ ownerId }) => ownerId,
      "owner-alias": ({ ownerAlias }) => ownerAlias, "state": () => "available", "is-public": () => "true", "root-device-type": () => "ebs",
      "virtualization-type": () => "hvm", "image-type": () => "machine",
    });
    const page = pageOf(passed, (image) => all.indexOf(image), request, { fewest: 1, most: 1000, limit: cloud.settings.pageLimit });
    return { Images: page.items.map(describe), ...nextToken(page) };
  },
});
