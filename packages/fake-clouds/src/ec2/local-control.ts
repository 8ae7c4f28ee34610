import { readBooks } from "./books.ts";
import { defaultAccessKey, type Ec2Cloud } from "./cloud.ts";
import type { Ec2Control } from "./control.ts";
import type { Instance } from "./instance.ts";
import { end, reasons, vanish } from "./life.ts";
import type { World } from "./world.ts";

/** The control of a fake EC2 in this process. */
export function localControl(cloud: Ec2Cloud): Ec2Control {
  return {
    now: () => cloud.clock.now(),
    advance: (seconds) => cloud.advance(seconds),
    configure: async (settings) => {
      cloud.settings = { ...cloud.settings, ...settings };
    },
    addFault: async (fault) => cloud.faults.add(fault),
    setMachineFaults: async (counts) => cloud.machineFaults.set(counts),
    slowNextEnd: async (seconds) => {
      cloud.slowEndSeconds = seconds;
    },
    heal: async () => {
      cloud.faults.heal();
      cloud.machineFaults.heal();
      cloud.slowEndSeconds = undefined;
    },
    books: async () => readBooks(cloud),
    calls: async () => cloud.log.calls,
    violations: async () => cloud.log.violations,
    leaveRemnant: async (kind, instanceId) => leave(cloud, kind, find(cloud, instanceId)),
    vanish: async (instanceId) => {
      const { world, instance } = find(cloud, instanceId);
      vanish(world, instance);
    },
    interrupt: async (instanceId) => {
      const { world, instance } = find(cloud, instanceId);
      end(cloud, world, instance, reasons.spot);
    },
    addSubnet: async ({ accountId = defaultAccessKey.accountId, region, vpcId, zone, mapPublicIpOnLaunch = false, freeAddresses = 251, ipv6Cidr }) => {
      const world = cloud.world(accountId, region);
      const atMs = cloud.clock.now();
      const vpc = vpcId ?? world.addVpc({ cidr: "10.0.0.0/16", isDefault: false, atMs }).id;
      return world.addSubnet({ vpcId: vpc, zone, cidr: `10.0.${world.subnets.size}.0/24`, isDefault: false, mapPublicIpOnLaunch, freeAddresses, atMs, ...(ipv6Cidr === undefined ? {} : { ipv6Cidr }) }).id;
    },
  };
}

interface Found {
  readonly world: World;
  readonly instance: Instance;
}

function find({ worlds }: Ec2Cloud, id: string): Found {
  for (const world of worlds) {
    const instance = world.made.find((each) => each.id === id);
    if (instance !== undefined) return { world, instance };
  }
  throw new Error(`no instance ${id} was ever made`);
}

function leave({ clock }: Ec2Cloud, kind: Parameters<Ec2Control["leaveRemnant"]>[0], { world, instance }: Found): string {
  const { tags, plan: { network: { subnet } } } = instance;
  const common = { tags, createdAtMs: clock.now() };
  switch (kind) {
    case "volume": {
      const made = { ...world.next("vol"), ...common, zone: subnet?.zone ?? "", gib: 8, type: "gp3", device: "/dev/sdf", encrypted: false, deleteOnTermination: false };
      world.volumes.set(made.id, made);
      return made.id;
    }
    case "network-interface": {
      const made = { ...world.next("eni"), ...common, subnetId: subnet?.id ?? "", vpcId: subnet?.vpcId ?? "", zone: subnet?.zone ?? "", groupIds: [], privateAddress: instance.privateAddress };
      world.interfaces.set(made.id, made);
      return made.id;
    }
    case "address": {
      const made = { ...world.next("eipalloc"), ...common, address: "192.0.2.1" };
      world.addresses.set(made.id, made);
      return made.id;
    }
  }
}
