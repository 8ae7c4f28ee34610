import { type ConfiguredBackend, createAlmanac, type Envelope, Fleet, requestKeyOf } from "@bridge/core";
import { type Backend, type BackendFacts, encodeTags, type InstanceRef } from "@bridge/core/backend";
import { generateSshKeyPair } from "@bridge/core/keys";
import { defineMachineBackend } from "@bridge/backend-kit";
import { defaultAccessKey, type Ec2Process, type Ec2Settings, type LoggedCall, startEc2Process } from "@bridge/fake-clouds";
import { AwsPlatform } from "../packages/backend-aws/src/backend.ts";
import { optionsSchema } from "../packages/backend-aws/src/config.ts";
import { awsFacts } from "../packages/backend-aws/src/plugin.ts";
import { common, grantOf } from "./controller-parts.ts";

export const region = "eu-west-1";
export const scope = `aws:${defaultAccessKey.accountId}:${region}`;
export const pollSeconds = 5;
export const envelope: Envelope = { sshPublicKey: generateSshKeyPair().publicKey, command: ["/bin/sh", "-c", "sleep 1000"] };
export const nowMs = Date.now();

/** Runs a fake EC2 in a process of its own while something uses it. */
export async function withEc2<T>(settings: Partial<Ec2Settings>, use: (server: Ec2Process) => Promise<T>): Promise<T> {
  const server = await startEc2Process();
  try {
    await server.control.configure({ quotas: { vcpus: 1e6, spotVcpus: 1e6, instances: 1e6 }, ...settings });
    return await use(server);
  } finally {
    await server.close();
  }
}

/** The options of the AWS backend on a fake EC2. */
export const optionsOf = ({ endpoint }: Ec2Process) => ({
  regions: [region], instanceTypes: ["t3.micro"], endpoint, credentials: { accessKeyId: defaultAccessKey.accessKeyId, secretAccessKey: defaultAccessKey.secretAccessKey },
});

/** The AWS backend as it is, but for the port of the fake's machines. */
export const awsOn = (server: Ec2Process, facts: Partial<BackendFacts> = {}): ConfiguredBackend => ({
  options: optionsOf(server),
  plugin: defineMachineBackend({ name: "aws", optionsSchema, facts: { ...awsFacts, ...facts }, isolation: "vm", pollSeconds, connect: (options, services) => new AwsPlatform(options, services, { sshPort: server.sshPort }) }),
});

/** A Fleet on it. */
export const fleetOn = (backend: ConfiguredBackend): Fleet => new Fleet({ owner: common.owner, masterSecret: common.masterSecret, backends: [backend] });

/** The same backend without a Fleet. */
export const backendOn = (server: Ec2Process): Backend => {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const { plugin, options } = awsOn(server);
  return plugin.create(optionsSchema.parse(options), { name: "aws", owner: common.owner, ledgerId: "none", log: silent, now: Date.now, almanac: createAlmanac() });
};

/** The i-th machine that is there already, and its tags. */
export function machineOf(i: number): { readonly ref: InstanceRef; readonly tags: Readonly<Record<string, string>> } {
  const requestKey = requestKeyOf(common.owner, grantOf(i));
  const ref = { backend: "aws", scope, requestKey, attempt: 1, intentAtMs: nowMs, placement: { scope, region, size: "t3.micro", resolved: {} } };
  return { ref, tags: encodeTags({ owner: common.owner, ledgerId: "none", backend: "aws", requestKey, attempt: 1, deadlineMs: nowMs + 86_400_000 }) };
}

/** How many calls there were, by action. */
export function countOf(calls: readonly LoggedCall[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { action } of calls) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}
