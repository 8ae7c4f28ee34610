import type { Ec2Cloud } from "../cloud.ts";
import { Instance } from "../instance.ts";
import { beginLife } from "../life.ts";
import type { NetworkInterface, Volume } from "../things.ts";
import type { World } from "../world.ts";
import type { Allotment } from "./capacity.ts";
import type { LaunchPlan } from "./launch-plan.ts";

/** Makes the instances of a plan, with disks, interfaces and all tags in one step. */
export function launch(cloud: Ec2Cloud, world: World, plan: LaunchPlan, { subnet, count }: Allotment): readonly Instance[] {
  const atMs = cloud.clock.now();
  const reservationId = world.next("r").id;
  return Array.from({ length: count }, (_, index) => {
    const { id, sequence } = world.next("i");
    const privateAddress = `${subnet.cidr.split(".").slice(0, 2).join(".")}.${(sequence >> 8) & 255}.${sequence & 255}`;
    const spotRequestId = plan.market === "spot" ? world.next("sir").id : undefined;
    const instance = new Instance({ id, sequence, reservationId, index, plan: placed(plan, subnet), privateAddress, host: cloud.nextHost(), spotRequestId, atMs });
    instance.interfaceId = addInterface(world, instance, subnet.id, atMs);
    instance.volumeIds = addVolumes(world, instance, subnet.zone, atMs);
    world.instances.set(id, instance);
    world.made.push(instance);
    beginLife(cloud, world, instance);
    return instance;
  });
}

/** The plan with the subnet that was found for it. */
const placed = (plan: LaunchPlan, subnet: Allotment["subnet"]): LaunchPlan => ({ ...plan, network: { ...plan.network, subnet } });

function addInterface(world: World, { id, plan, privateAddress }: Instance, subnetId: string, atMs: number): string {
  const { vpcId = "", zone = "" } = plan.network.subnet ?? {};
  const made: NetworkInterface = {
    ...world.next("eni"), tags: plan.tags["network-interface"], createdAtMs: atMs, subnetId, vpcId, zone,
    groupIds: plan.network.groups.map((group) => group.id), privateAddress, attachedTo: id,
  };
  world.interfaces.set(made.id, made);
  return made.id;
}

function addVolumes(world: World, { id, plan }: Instance, zone: string, atMs: number): readonly string[] {
  return plan.disks.map((disk) => {
    const made: Volume = { ...world.next("vol"), tags: plan.tags.volume, createdAtMs: atMs, zone, attachedTo: id, ...disk };
    world.volumes.set(made.id, made);
    return made.id;
  });
}
