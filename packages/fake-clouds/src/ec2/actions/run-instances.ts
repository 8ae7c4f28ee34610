import type { Reservation, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { action } from "../action.ts";
import type { Instance } from "../instance.ts";
import { allot } from "../launch/capacity.ts";
import { earlierLaunch, rememberLaunch } from "../launch/client-tokens.ts";
import { launch } from "../launch/launch.ts";
import { planLaunch } from "../launch/launch-plan.ts";
import type { World } from "../world.ts";
import { describeInstance } from "./describe-instance.ts";

/** Makes instances, or tells again which ones the same token has made. */
export const runInstances = action<RunInstancesRequest, Reservation>({
  understands: [
    "BlockDeviceMappings", "ImageId", "InstanceType", "Ipv6AddressCount", "KeyName", "MaxCount", "MinCount", "Placement", "SecurityGroupIds", "SubnetId",
    "UserData", "ClientToken", "InstanceInitiatedShutdownBehavior", "NetworkInterfaces", "TagSpecifications", "InstanceMarketOptions",
    "CreditSpecification", "CpuOptions", "MetadataOptions", "DisableApiTermination",
  ],
  check: (call, request) => void planLaunch(call, request),
  run: (call, request) => {
    const { cloud, world } = call;
    const plan = planLaunch(call, request);
    const earlier = earlierLaunch(world, plan);
    if (earlier !== undefined) return reservation(world, earlier, cloud.clock.now());
    const instances = launch(cloud, world, plan, allot(cloud, world, plan));
    rememberLaunch(world, plan, instances);
    return reservation(world, instances, cloud.clock.now());
  },
});

/** Instances that were made together. */
export function reservation(world: World, instances: readonly Instance[], viewMs: number): Reservation {
  return {
    ReservationId: instances[0]?.reservationId ?? "", OwnerId: world.accountId, Groups: [],
    Instances: instances.map((instance) => describeInstance(world, instance, viewMs)),
  };
}
