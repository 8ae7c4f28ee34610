import { AwsError } from "../../aws/aws-error.ts";
import { isSold } from "../catalog.ts";
import type { Ec2Cloud } from "../cloud.ts";
import type { CapacityLimit } from "../settings.ts";
import type { Subnet } from "../things.ts";
import type { World } from "../world.ts";
import type { LaunchPlan } from "./launch-plan.ts";

/** Where instances will run, and how many. */
export interface Allotment {
  readonly subnet: Subnet;
  readonly count: number;
}

/**
 * Finds zone and capacity for a plan and takes them: as many as there are, between MinCount and MaxCount.
 *
 * @throws AwsError as EC2 does when a quota, a subnet or a zone has not enough; then nothing was taken.
 */
export function allot(cloud: Ec2Cloud, world: World, plan: LaunchPlan): Allotment {
  const { network, request: { Placement, MinCount = 1, MaxCount = 1 }, type } = plan;
  const subnets = network.subnet !== undefined ? [network.subnet] : [...world.subnets.values()].filter(({ isDefault, zone }) => isDefault && (Placement?.AvailabilityZone ?? zone) === zone);
  const selling = subnets.filter(({ zone }) => isOffered(cloud, type.name, zone));
  const [first = subnets[0]] = selling;
  if (selling.length === 0) throw notOffered(cloud, world, type.name, first?.zone);
  const withinQuota = Math.min(MaxCount, quotaLeft(cloud, world, plan));
  if (withinQuota < MinCount) throw quotaError(cloud, world, plan);
  const counts = selling.map((subnet) => ({ subnet, count: Math.min(withinQuota, capacityLeft(cloud, plan, subnet.zone)) }));
  const best = counts.find(({ count }) => count >= withinQuota) ?? counts.sort((a, b) => b.count - a.count)[0];
  if (best === undefined || best.count < MinCount) throw noCapacity(plan, first?.zone);
  if (best.subnet.freeAddresses < best.count) throw new AwsError("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in the subnet to satisfy the requested number of instances.");
  takeCapacity(cloud, plan, best.subnet.zone, best.count);
  world.subnets.set(best.subnet.id, { ...best.subnet, freeAddresses: best.subnet.freeAddresses - best.count });
  return best;
}

/** Whether a zone sells a type, by catalogue and settings. */
export function isOffered({ settings: { unsold } }: Ec2Cloud, instanceType: string, zone: string): boolean {
  return isSold(instanceType, zone) && !unsold.some((pair) => pair.zone === zone && pair.instanceType === instanceType);
}

const fits = ({ zone, instanceType, market }: CapacityLimit, plan: LaunchPlan, where: string): boolean =>
  (zone ?? where) === where && (instanceType ?? plan.type.name) === plan.type.name && (market ?? plan.market) === plan.market;

function capacityLeft({ settings: { capacity } }: Ec2Cloud, plan: LaunchPlan, zone: string): number {
  return Math.min(Number.POSITIVE_INFINITY, ...capacity.filter((limit) => fits(limit, plan, zone)).map(({ remaining }) => remaining));
}

function takeCapacity(cloud: Ec2Cloud, plan: LaunchPlan, zone: string, count: number): void {
  const capacity = cloud.settings.capacity.map((limit) => (fits(limit, plan, zone) ? { ...limit, remaining: limit.remaining - count } : limit));
  cloud.settings = { ...cloud.settings, capacity };
}

function quotaLeft({ settings: { quotas } }: Ec2Cloud, world: World, { market, type }: LaunchPlan): number {
  const live = [...world.instances.values()].filter(({ state }) => state === "pending" || state === "running");
  const usedVcpus = live.filter(({ plan }) => plan.market === market).reduce((sum, { plan }) => sum + plan.type.vcpus, 0);
  const vcpus = market === "spot" ? quotas.spotVcpus : quotas.vcpus;
  return Math.min(quotas.instances - live.length, Math.floor((vcpus - usedVcpus) / type.vcpus));
}

function quotaError({ settings: { quotas } }: Ec2Cloud, world: World, { market }: LaunchPlan): AwsError {
  const live = [...world.instances.values()].filter(({ state }) => state === "pending" || state === "running").length;
  if (live >= quotas.instances) return new AwsError("InstanceLimitExceeded", `You have requested more instances than your current instance limit of ${quotas.instances} allows.`);
  if (market === "spot") return new AwsError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
  return new AwsError("VcpuLimitExceeded", `You have requested more vCPU capacity than your current vCPU limit of ${quotas.vcpus} allows for the instance bucket that the specified instance type belongs to.`);
}

/** EC2 answers with HTTP 500, so that SDKs with retries send it again. */
function noCapacity({ type, market }: LaunchPlan, zone = ""): AwsError {
  if (market === "spot") return new AwsError("InsufficientInstanceCapacity", "There is no Spot capacity available that matches your request.", 500);
  return new AwsError("InsufficientInstanceCapacity", `We currently do not have sufficient ${type.name} capacity in the Availability Zone you requested (${zone}).`, 500);
}

function notOffered(cloud: Ec2Cloud, world: World, instanceType: string, zone = ""): AwsError {
  const others = world.zones.filter((other) => isOffered(cloud, instanceType, other)).join(", ");
  return new AwsError("Unsupported", `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${others}.`);
}
