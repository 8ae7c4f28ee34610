import { setTimeout as sleep } from "node:timers/promises";
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { imagesOf, type Ec2Process } from "@bridge/fake-clouds";
import { backendOn, countOf, machineOf, nowMs, optionsOf, pollSeconds, region, withEc2 } from "./ec2-parts.ts";

/** Calls in one interval while so many machines are watched. */
export interface Watching {
  readonly machines: number;
  readonly shared: Readonly<Record<string, number>>;
  /** One read by id for each. */
  readonly each: number;
}

const intervals = 3;

/** Watches so many machines that are there already, on a fake EC2 of its own. */
export function watching(machines: number): Promise<Watching> {
  return withEc2({ machines: "none" }, async (server) => {
    const ids = await fill(server, machines);
    const backend = backendOn(server);
    const stop = new AbortController();
    const watches = Array.from({ length: machines }, (_, i) => backend.watchUntilExit({ ...machineOf(i).ref, instanceId: ids[i] ?? "" }, Math.ceil(nowMs / 1000) + 80_000, { signal: stop.signal }).catch(() => {}));
    await sleep(1.5 * pollSeconds * 1000);
    const before = (await server.control.calls()).length;
    await sleep(intervals * pollSeconds * 1000);
    const shared = countOf((await server.control.calls()).slice(before));
    stop.abort();
    await Promise.all(watches);
    await backend.close?.();
    return { machines, shared: Object.fromEntries(Object.entries(shared).map(([action, calls]) => [action, calls / intervals])), each: await pollEach(server, ids) };
  });
}

const clientOn = (server: Ec2Process): EC2Client => {
  const { endpoint, credentials } = optionsOf(server);
  return new EC2Client({ region, endpoint, credentials, maxAttempts: 1 });
};

/** Does something for each of so many, eight at once. */
async function forEach(count: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < count) await run(next++);
  }));
}

async function fill(server: Ec2Process, machines: number): Promise<readonly string[]> {
  const client = clientOn(server);
  const ImageId = imagesOf(region).find(({ arch }) => arch === "x86_64")?.imageId;
  const ids: string[] = [];
  await forEach(machines, async (i) => {
    const Tags = Object.entries(machineOf(i).tags).map(([Key, Value]) => ({ Key, Value }));
    const { Instances: [instance] = [] } = await client.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, Placement: { AvailabilityZone: `${region}${"abc"[i % 3]}` }, TagSpecifications: [{ ResourceType: "instance", Tags }] }));
    ids[i] = instance?.InstanceId ?? "";
  });
  return ids;
}

/** One round of a loop that reads each machine by its id. */
async function pollEach(server: Ec2Process, ids: readonly string[]): Promise<number> {
  const client = clientOn(server);
  const before = (await server.control.calls()).length;
  await forEach(ids.length, async (i) => void await client.send(new DescribeInstancesCommand({ InstanceIds: [ids[i] ?? ""] })));
  return (await server.control.calls()).length - before;
}
