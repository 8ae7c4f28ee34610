import type { DescribeInstancesRequest, DescribeInstancesResult } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action, type Call } from "../action.ts";
import { select } from "../filters.ts";
import { type Instance, stateCodes } from "../instance.ts";
import { pageOf } from "../pages.ts";
import { findById } from "./find-by-id.ts";
import { nextToken } from "./list-request.ts";
import { reservation } from "./run-instances.ts";

/** EC2's words about instances. */
export const instanceWords = { prefix: "i", code: "InvalidInstanceID", noun: "instance" } as const;

/** An instance of this id, if a read shows it. */
export const visibleInstance = ({ world, viewMs }: Call) => (id: string): Instance | undefined => {
  const instance = world.instances.get(id);
  return instance?.at(viewMs) === undefined ? undefined : instance;
};

const fieldsAt = (viewMs: number): Parameters<typeof select<Instance>>[2] => ({
  "instance-id": ({ id }) => id,
  "instance-state-name": (instance) => instance.at(viewMs)?.state,
  "instance-state-code": (instance) => String(stateCodes[instance.at(viewMs)?.state ?? "pending"]),
  "client-token": ({ plan }) => plan.request.ClientToken,
  "instance-type": ({ plan }) => plan.type.name,
  "image-id": ({ plan }) => plan.image.imageId,
  "availability-zone": ({ plan }) => plan.network.subnet?.zone,
  "subnet-id": ({ plan }) => plan.network.subnet?.id,
  "vpc-id": ({ plan }) => plan.network.subnet?.vpcId,
  "reservation-id": ({ reservationId }) => reservationId,
  "instance-lifecycle": ({ plan }) => (plan.market === "spot" ? "spot" : undefined),
  "instance.group-id": ({ plan }) => plan.network.groups.map(({ id }) => id),
});

/** Instances by id, or all that pass the filters, page by page. */
export const describeInstances = action<DescribeInstancesRequest, DescribeInstancesResult>({
  understands: ["Filters", "InstanceIds", "MaxResults", "NextToken"],
  run: (call, request) => {
    const { cloud, world, viewMs } = call;
    const { InstanceIds, MaxResults, Filters } = request;
    if (InstanceIds !== undefined && MaxResults !== undefined) throw new AwsError("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults");
    const visible = visibleInstance(call);
    const found = InstanceIds === undefined ? [...world.instances.keys()].flatMap((id) => visible(id) ?? []) : findById(InstanceIds, visible, instanceWords);
    const passed = select(found, Filters, fieldsAt(viewMs), (instance) => (viewMs >= instance.untaggedAtMs ? {} : instance.tags));
    const page = InstanceIds === undefined ? pageOf(passed, ({ sequence }) => sequence, request, { fewest: 5, most: 1000, limit: cloud.settings.pageLimit }) : { items: passed };
    const reservations = Map.groupBy(page.items, ({ reservationId }) => reservationId);
    return { Reservations: [...reservations.values()].map((instances) => reservation(world, instances, viewMs)), ...nextToken(page) };
  },
});
