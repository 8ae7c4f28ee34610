import type { DeleteVolumeRequest, DescribeVolumesRequest, DescribeVolumesResult, VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action, type Call } from "../action.ts";
import type { Volume } from "../things.ts";
import { findById } from "./find-by-id.ts";
import { listThings, nextToken, tagList } from "./list-request.ts";

const words = { prefix: "vol", code: "InvalidVolume", noun: "volume" } as const;
const statusOf = ({ attachedTo }: Volume) => (attachedTo === undefined ? "available" as const : "in-use" as const);

/** The account's volumes, attached or left over. */
export const describeVolumes = action<DescribeVolumesRequest, DescribeVolumesResult>({
  understands: ["VolumeIds", "Filters", "MaxResults", "NextToken"],
  run: (call, request) => {
    const page = listThings(call, call.world.volumes, {
      request, ids: request.VolumeIds, words,
      fields: { "volume-id": ({ id }) => id, "status": statusOf, "attachment.instance-id": ({ attachedTo }) => attachedTo, "availability-zone": ({ zone }) => zone, "volume-type": ({ type }) => type },
    });
    return {
      Volumes: page.items.map((volume) => ({
        VolumeId: volume.id, Size: volume.gib, VolumeType: volume.type as VolumeType, // was checked when it was asked for
        AvailabilityZone: volume.zone, State: statusOf(volume), CreateTime: new Date(volume.createdAtMs), Encrypted: volume.encrypted, Tags: tagList(volume.tags), SnapshotId: "",
        Attachments: volume.attachedTo === undefined ? [] : [{ VolumeId: volume.id, InstanceId: volume.attachedTo, Device: volume.device, State: "attached", DeleteOnTermination: volume.deleteOnTermination }],
      })),
      ...nextToken(page),
    };
  },
});

function find({ world, viewMs }: Call, { VolumeId = "" }: DeleteVolumeRequest): void {
  const [volume] = findById([VolumeId], (id) => [world.volumes.get(id)].find((each) => (each?.createdAtMs ?? Number.POSITIVE_INFINITY) <= viewMs), words);
  if (volume?.attachedTo !== undefined) throw new AwsError("VolumeInUse", `Volume ${VolumeId} is currently attached to ${volume.attachedTo}`);
}

/** Removes a volume that is attached to nothing. */
export const deleteVolume = action<DeleteVolumeRequest, object>({
  understands: ["VolumeId"],
  check: find,
  run: (call, request) => {
    find(call, request);
    call.world.volumes.delete(request.VolumeId ?? "");
    return {};
  },
});
