import { Machine } from "../machine/machine.ts";
import type { Ec2Cloud } from "./cloud.ts";
import type { Instance, InstanceState, StateReason } from "./instance.ts";
import { forgetTokens } from "./launch/client-tokens.ts";
import { admitsSsh } from "./security-rules.ts";
import type { World } from "./world.ts";

/** Why instances end. */
export const reasons = {
  user: { code: "Client.UserInitiatedShutdown", message: "Client.UserInitiatedShutdown: User initiated shutdown" },
  guest: { code: "Client.InstanceInitiatedShutdown", message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown" },
  spot: { code: "Server.SpotInstanceTermination", message: "Server.SpotInstanceTermination: Instance was terminated by the Spot service" },
  platform: { code: "Server.InternalError", message: "Server.InternalError: Internal error on launch" },
} as const satisfies Readonly<Record<string, StateReason>>;

function change(cloud: Ec2Cloud, instance: Instance, state: InstanceState, reason?: StateReason): void {
  instance.history.push({ atMs: cloud.clock.now(), state, ...(reason === undefined ? {} : { reason }) });
}

/** From `pending` to `running`, with an address and a machine; or to the end, where launches fail. */
export function beginLife(cloud: Ec2Cloud, world: World, instance: Instance): void {
  const { pendingSeconds, addressSeconds, bootSeconds, machines } = cloud.settings;
  const fails = cloud.settings.failedLaunches > 0;
  if (fails) cloud.settings = { ...cloud.settings, failedLaunches: cloud.settings.failedLaunches - 1 };
  cloud.clock.after(pendingSeconds, () => {
    if (instance.state !== "pending") return;
    if (fails) return end(cloud, world, instance, reasons.platform, 0);
    change(cloud, instance, "running");
    const { subnet, publicAddress } = instance.plan.network;
    if (publicAddress ?? subnet?.mapPublicIpOnLaunch ?? false) instance.addressedAtMs = cloud.clock.now() + addressSeconds * 1000;
    if (machines === "ssh") cloud.clock.after(bootSeconds, () => boot(cloud, world, instance));
  });
}

function boot(cloud: Ec2Cloud, world: World, instance: Instance): void {
  if (instance.state !== "running") return;
  const { powerOffSeconds, meters } = cloud.settings;
  instance.machine = new Machine({
    host: instance.host, port: cloud.sshPort, userData: instance.plan.userData, clock: cloud.clock, faults: cloud.machineFaults, powerOffSeconds, meters,
    admits: () => admitsSsh(world, instance),
    onPowerOff: () => powerOff(cloud, world, instance),
  });
  instance.machine.start().catch((error: unknown) => instance.machine?.console.write(`no network: ${String(error)}\n`));
}

/** The guest has powered itself off: what follows is as the request said. */
function powerOff(cloud: Ec2Cloud, world: World, instance: Instance): void {
  if (instance.plan.shutdownBehavior === "terminate") return end(cloud, world, instance, reasons.guest);
  if (instance.state !== "running") return;
  change(cloud, instance, "stopping", reasons.guest);
  cloud.clock.after(cloud.settings.shuttingDownSeconds, () => {
    if (instance.state !== "stopping") return;
    change(cloud, instance, "stopped", reasons.guest);
    instance.addressedAtMs = Number.POSITIVE_INFINITY;
  });
}

/** Through `shutting-down` to `terminated`; what belongs to the instance goes, or is left over. */
export function end(cloud: Ec2Cloud, world: World, instance: Instance, reason: StateReason, seconds = cloud.settings.shuttingDownSeconds): void {
  if (instance.state === "shutting-down" || instance.state === "terminated") return;
  change(cloud, instance, "shutting-down", reason);
  instance.machine?.close();
  const finish = () => {
    change(cloud, instance, "terminated", reason);
    release(world, instance);
    forgetTokens(cloud, world, instance);
    const { listedAfterEndSeconds, tagsKeptAfterEndSeconds } = cloud.settings;
    instance.untaggedAtMs = cloud.clock.now() + tagsKeptAfterEndSeconds * 1000;
    cloud.clock.after(listedAfterEndSeconds, () => world.instances.delete(instance.id));
  };
  if (seconds === 0) finish();
  else cloud.clock.after(seconds, finish);
}

function release(world: World, { interfaceId = "", volumeIds, plan }: Instance): void {
  letGo(world.interfaces, interfaceId, plan.network.deleteInterface);
  for (const id of volumeIds) letGo(world.volumes, id, world.volumes.get(id)?.deleteOnTermination ?? true);
  const subnet = world.subnets.get(plan.network.subnet?.id ?? "");
  if (subnet !== undefined) world.subnets.set(subnet.id, { ...subnet, freeAddresses: subnet.freeAddresses + 1 });
}

function letGo<Thing extends { readonly attachedTo?: string | undefined }>(things: Map<string, Thing>, id: string, goes: boolean): void {
  const thing = things.get(id);
  if (goes || thing === undefined) return void things.delete(id);
  things.set(id, { ...thing, attachedTo: undefined });
}

/** Gone from one moment to the next, without a trace in any list. */
export function vanish(world: World, instance: Instance): void {
  instance.machine?.close();
  instance.history.push({ atMs: instance.history.at(-1)?.atMs ?? 0, state: "terminated" });
  world.instances.delete(instance.id);
  world.interfaces.delete(instance.interfaceId ?? "");
  for (const id of instance.volumeIds) world.volumes.delete(id);
}
