import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { imagesOf, type LoggedCall } from "@bridge/fake-clouds";
import { awsOn, countOf, envelope, fleetOn, optionsOf, region, withEc2 } from "./ec2-parts.ts";
import { grantOf } from "./controller-parts.ts";

/** What a rush of provisions under EC2's token buckets came to. */
export interface Rush {
  readonly what: string;
  readonly served: number;
  readonly throttled: number;
  readonly seconds: number;
  readonly calls: Readonly<Record<string, number>>;
}

const isThrottled = ({ code }: LoggedCall): boolean => code === "RequestLimitExceeded";

/** Provisions through the backend, all at once, each until its machine serves and then until nothing of it is left. */
export function pacedRush(count: number): Promise<Rush> {
  return withEc2({ throttling: true }, async (server) => {
    await using fleet = fleetOn(awsOn(server, { settleSeconds: 5 }));
    const startedMs = performance.now();
    const instances = await Promise.allSettled(Array.from({ length: count }, (_, i) => fleet.provisionForGrant(grantOf(i), envelope)));
    const seconds = (performance.now() - startedMs) / 1000;
    const served = instances.flatMap((instance) => (instance.status === "fulfilled" && instance.value.attempt === 1 ? [instance.value] : []));
    await Promise.all(served.map((instance) => fleet.terminate(instance)));
    const calls = await server.control.calls();
    return { what: "through the backend", served: served.length, throttled: calls.filter(isThrottled).length, seconds, calls: countOf(calls) };
  });
}

/** The same number of RunInstances as they come, without retries. */
export function bareRush(count: number): Promise<Rush> {
  return withEc2({ throttling: true, machines: "none" }, async (server) => {
    const { endpoint, credentials } = optionsOf(server);
    const client = new EC2Client({ region, endpoint, credentials, maxAttempts: 1 });
    const ImageId = imagesOf(region).find(({ arch }) => arch === "x86_64")?.imageId;
    const startedMs = performance.now();
    const answers = await Promise.allSettled(Array.from({ length: count }, () => client.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }))));
    const calls = await server.control.calls();
    return { what: "RunInstances as they come", served: answers.filter(({ status }) => status === "fulfilled").length, throttled: calls.filter(isThrottled).length, seconds: (performance.now() - startedMs) / 1000, calls: countOf(calls) };
  });
}
