import type { BlockDeviceMapping } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { CatalogImage } from "../catalog.ts";

/** A disk that an instance is to have. */
export interface Disk {
  readonly device: string;
  readonly gib: number;
  readonly type: string;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}

const largestGib = 65_536;

/**
 * The image's root disk, changed as the mappings say, and the disks that they add. A root disk goes with its instance unless
 * it is said otherwise; an added one does so too.
 *
 * @throws AwsError `InvalidBlockDeviceMapping`
 */
export function planDisks({ rootDevice, rootGib, imageId }: CatalogImage, mappings: readonly BlockDeviceMapping[] | undefined): readonly Disk[] {
  const wrong = (message: string) => new AwsError("InvalidBlockDeviceMapping", message);
  const disks = new Map<string, Disk>([[rootDevice, { device: rootDevice, gib: rootGib, type: "gp3", encrypted: false, deleteOnTermination: true }]]);
  const named = new Set<string>();
  for (const { DeviceName = "", Ebs } of mappings ?? []) {
    if (DeviceName === "") throw wrong("A device name is missing.");
    if (named.has(DeviceName)) throw wrong(`Duplicate device name: ${DeviceName}`);
    named.add(DeviceName);
    if (Ebs === undefined) throw wrong(`The fake knows EBS volumes only; ${DeviceName} is none.`);
    const known = disks.get(DeviceName);
    const gib = Ebs.VolumeSize ?? known?.gib;
    if (gib === undefined) throw wrong("A volume needs a size or a snapshot.");
    if (known !== undefined && gib < known.gib) throw wrong(`Volume of size ${gib}GB is smaller than snapshot of ${imageId}, expect size >= ${known.gib}GB`);
    if (gib < 1 || gib > largestGib) throw new AwsError("InvalidParameterValue", `Volume of ${gib}GiB is out of range.`);
    disks.set(DeviceName, { device: DeviceName, gib, type: Ebs.VolumeType ?? "gp3", encrypted: Ebs.Encrypted ?? false, deleteOnTermination: Ebs.DeleteOnTermination ?? true });
  }
  return [...disks.values()];
}
